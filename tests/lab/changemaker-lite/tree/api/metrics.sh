#!/bin/sh
# Prints the API's metrics.
cat <<'METRICS'
# TYPE http_requests_total counter
http_requests_total{method="GET",status_code="200"} 1042
http_requests_total{method="GET",status_code="500"} 3
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.1"} 900
http_request_duration_seconds_bucket{le="0.5"} 1030
http_request_duration_seconds_bucket{le="+Inf"} 1045
http_request_duration_seconds_sum 78.4
http_request_duration_seconds_count 1045
# TYPE cm_email_queue_size gauge
cm_email_queue_size 4
# TYPE cm_emails_sent_total counter
cm_emails_sent_total 311
# TYPE cm_emails_failed_total counter
cm_emails_failed_total 2
# TYPE cm_active_canvass_sessions gauge
cm_active_canvass_sessions 1
METRICS
