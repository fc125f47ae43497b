//! The table of variables: what each may hold, and what it is for.
//!
//! A new variable gets its name in `domain/lower/names.rs` and its row here; a test says so where one is missing.
//! `BUNKER_BLESS=1 cargo test --test it schema` then writes docs/schemas anew.

use super::shape::{
    ADDRESS, AMOUNTS, COMMAND, CRON, DOMAIN, EMAIL, FILE_URL, FILES, FOLDER, GIT_REF, GIT_URL,
    HTTP_URL, LABEL, LIMIT, LINE, LOCAL_PATH, MAIL_TO, NAME, NAMES, NETWORKS, NEWS, REMOTE_PATH,
    SHA256, Shape, URL_PATH, USER,
};

/// Name, what it may hold, what it is for.
pub(super) type Row = (&'static str, Shape, &'static str);

const DAY: u64 = 86_400;
const YEAR: u64 = 366 * DAY;
const SHARE: Shape = Shape::Number(0.0, 1.0);
const POSITIVE: Shape = Shape::Number(0.0, 1e9);

/// How a host is reached.
const ANSIBLE: &[Row] = &[
    ("ansible_host", ADDRESS, "where the host is reached; by default its name"),
    ("ansible_ssh_host", ADDRESS, "another name of ansible_host"),
    ("ansible_port", Shape::Whole(1, 65_535), "the port of SSH"),
    ("ansible_ssh_port", Shape::Whole(1, 65_535), "another name of ansible_port"),
    ("ansible_user", USER, "who logs in"),
    ("ansible_ssh_user", USER, "another name of ansible_user"),
    ("ansible_ssh_private_key_file", LOCAL_PATH, "the key that logs in"),
    ("ansible_private_key_file", LOCAL_PATH, "another name of ansible_ssh_private_key_file"),
    (
        "ansible_ssh_common_args",
        LINE,
        "-J HOST or -o ProxyJump=HOST; other options belong into ~/.ssh/config",
    ),
    ("ansible_ssh_args", LINE, "not used: write ansible_ssh_common_args"),
    ("ansible_ssh_extra_args", LINE, "not used: write ansible_ssh_common_args"),
    (
        "ansible_connection",
        Shape::OneOf(&["ssh", "smart", "ansible.builtin.ssh", "paramiko"]),
        "hosts are reached over SSH",
    ),
    ("ansible_become", Shape::Truth, "whether root is asked for by sudo; by default it is"),
    ("ansible_become_user", Shape::OneOf(&["root"]), "only root is supported"),
    (
        "ansible_become_method",
        Shape::OneOf(&["sudo", "ansible.builtin.sudo"]),
        "only sudo is supported",
    ),
    ("ansible_password", Shape::Any, "not used: log-in is by key only"),
    ("ansible_ssh_pass", Shape::Any, "not used: log-in is by key only"),
    ("ansible_ssh_password", Shape::Any, "not used: log-in is by key only"),
    ("ansible_become_password", Shape::Any, "not used: sudo is called without a password"),
    ("ansible_become_pass", Shape::Any, "not used: sudo is called without a password"),
    ("ansible_sudo_pass", Shape::Any, "not used: sudo is called without a password"),
    (
        "ansible_group_priority",
        Shape::Any,
        "a whole number: among groups of the same depth the greater one wins; counts in hosts.yml",
    ),
];

/// The managed application.
const APPLICATION: &[Row] = &[
    ("cml_domain", DOMAIN, "the instance's domain; without it the host is no instance"),
    (
        "cml_tier",
        Shape::Whole(1, 2),
        "1: managed; 2: managed, and reports its metrics to the central server",
    ),
    ("cml_instance_label", LABEL, "the label `instance` in metrics; by default the domain"),
    ("cml_dir", REMOTE_PATH, "the checkout; by default /opt/changemaker-lite"),
    ("cml_repo", GIT_URL, "where the application comes from"),
    ("cml_ref", GIT_REF, "the branch or tag that is followed; by default v2"),
    (
        "cml_env_complete",
        Shape::Truth,
        "write also what the template names and an import found missing in .env; by default no",
    ),
    (
        "cml_env_template",
        LINE,
        "the fleet's own template of .env, seen from the folder around the inventory",
    ),
    (
        "cml_compose_files",
        FILES,
        "files of Compose, relative to the checkout; by default Compose's own",
    ),
    ("cml_compose_profiles", NAMES, "profiles of Compose"),
    ("cml_expected_services", NAMES, "services that must run; by default all but one-shots"),
    (
        "cml_data_services",
        NAMES,
        "services that start before all others; by default databases, by their names",
    ),
    ("cml_migrate_command", COMMAND, "migrates the database, in the checkout"),
    ("cml_migrate_status_command", COMMAND, "succeeds where no migration is pending"),
    ("cml_migrations_dir", FOLDER, "where migrations are, relative to the checkout"),
    ("cml_seed_command", COMMAND, "makes the first data, once in the life of an instance"),
    ("cml_seeded_marker", REMOTE_PATH, "the file on the host that says that it was seeded"),
    (
        "cml_health_url",
        HTTP_URL,
        "health, as the control machine asks; by default https://api.DOMAIN/api/health",
    ),
    (
        "cml_local_health_url",
        HTTP_URL,
        "health, as the host asks; by default http://127.0.0.1:4000/api/health",
    ),
    ("cml_admin_url", HTTP_URL, "the admin GUI, for people; by default https://app.DOMAIN"),
    (
        "cml_local_admin_url",
        HTTP_URL,
        "the admin GUI, as the host asks; by default http://127.0.0.1:3000",
    ),
    ("cml_login_path", URL_PATH, "where the API logs in; by default /api/auth/login"),
    ("cml_admin_email", EMAIL, "the first administrator; by default admin@DOMAIN"),
    ("cml_prometheus_url", HTTP_URL, "the instance's own Prometheus, as the host asks"),
    ("cml_pangolin_api_url", Shape::Single, "where Pangolin is asked"),
    (
        "cml_backup_command",
        COMMAND,
        "makes a backup, in the checkout; by default ./scripts/backup.sh",
    ),
    ("cml_backup_dir", REMOTE_PATH, "where backups are; by default backups in the checkout"),
    ("cml_backup_cron", CRON, "when the backup runs by itself; by default 0 3 * * *"),
    (
        "cml_backup_keep_days",
        Shape::Whole(1, 3_650),
        "days for which backups are kept; by default 30",
    ),
    (
        "cml_backup_keep_min",
        Shape::Whole(1, 1_000),
        "how many backups are kept however old they are; by default 3",
    ),
    (
        "cml_keep_releases",
        Shape::Whole(2, 100),
        "how many releases' images a host holds for a rollback; by default 5",
    ),
];

/// The server below an instance.
const SERVER: &[Row] = &[
    ("common_user", USER, "the login user that deploy makes; by default deploy"),
    (
        "common_ufw_ports",
        Shape::Ports,
        "ports that the firewall lets in beside SSH; by default [80, 443]",
    ),
    (
        "common_fail2ban_ignore",
        NETWORKS,
        "addresses that fail2ban never bans: the control machine's first of all",
    ),
    ("common_registry_mirror", HTTP_URL, "where Docker asks for images first"),
    ("common_compose_url", FILE_URL, "the file of Compose v2, where the system packages none"),
    ("common_compose_sha256", SHA256, "what sha256sum says of that file"),
    (
        "common_unattended_upgrades",
        Shape::Truth,
        "whether security updates come by themselves; by default they do",
    ),
];

/// What counts for the whole fleet, and what a group or a host may override.
const POLICY: &[Row] = &[
    ("bunker_fleet_name", LINE, "the name at the top of the screen"),
    (
        "bunker_probe_interval_s",
        Shape::Whole(1, 3_600),
        "seconds between two looks at a host; by default 10",
    ),
    ("bunker_metrics_url", HTTP_URL, "the central VictoriaMetrics"),
    ("bunker_metrics_token_file", LOCAL_PATH, "a file with its token"),
    ("bunker_metrics_timeout_s", Shape::Whole(1, 600), "seconds to wait for it; by default 5"),
    ("bunker_parallel", Shape::Whole(1, 100), "hosts of a batch that go at the same time"),
    ("bunker_known_hosts", LOCAL_PATH, "one more file of host keys"),
    (
        "bunker_ops_enabled",
        Shape::Truth,
        "whether the instance reports its metrics to the central server",
    ),
    ("bunker_ops_remote_write_url", Shape::Single, "where it reports them"),
    (
        "bunker_min_healthy_s",
        Shape::Whole(0, DAY),
        "seconds of uninterrupted health that a gate asks for",
    ),
    ("bunker_healthy_deadline_s", Shape::Whole(1, DAY), "seconds after which a gate gives up"),
    ("bunker_step_timeout_s", Shape::Whole(1, DAY), "seconds that one step may take"),
    ("bunker_disk_warn", SHARE, "part of the disk in use, 0 to 1, from which a host is degraded"),
    (
        "bunker_disk_critical",
        SHARE,
        "part of the disk in use, 0 to 1, from which an upgrade is refused",
    ),
    ("bunker_upgrade_free_b", Shape::Whole(0, 1 << 50), "bytes that an upgrade needs free"),
    (
        "bunker_backup_warn_s",
        Shape::Whole(0, YEAR),
        "age of the newest backup in seconds from which it is yellow",
    ),
    (
        "bunker_backup_critical_s",
        Shape::Whole(0, YEAR),
        "age of the newest backup in seconds from which it is red",
    ),
    ("bunker_skew_warn_s", POSITIVE, "seconds between the clocks from which a host is degraded"),
    (
        "bunker_skew_critical_s",
        POSITIVE,
        "seconds between the clocks from which a change is refused",
    ),
    (
        "bunker_p95_warn_s",
        POSITIVE,
        "95th percentile of request time in seconds from which an instance is degraded",
    ),
    (
        "bunker_error_ratio_warn",
        SHARE,
        "part of answers that are 5xx, 0 to 1, from which an instance is degraded",
    ),
    ("bunker_mail_queue_warn", POSITIVE, "mails waiting from which an instance is degraded"),
    (
        "bunker_serial",
        AMOUNTS,
        "how many targets go in one batch: a count, per cent, or a list of them; by default 25%",
    ),
    (
        "bunker_order",
        Shape::OneOf(&[
            "inventory",
            "sorted",
            "reverse",
            "shuffle",
            "unhealthy-first",
            "fewest-sessions-first",
        ]),
        "in which order targets go",
    ),
    ("bunker_max_failed", LIMIT, "failed targets at which a run stops"),
    ("bunker_max_unreachable", LIMIT, "unreachable targets at which a run stops"),
    (
        "bunker_progress_deadline_s",
        Shape::Whole(0, 7 * DAY),
        "seconds without progress after which a target counts as stuck; 0 is never",
    ),
    ("bunker_maintenance", Shape::Reason, "true, or the reason: the host is left out of runs"),
    (
        "bunker_windows",
        Shape::Entries,
        "when the host may be changed; docs/rollouts.md shows how windows are written",
    ),
    (
        "bunker_window_outside",
        Shape::OneOf(&["refuse", "wait"]),
        "what becomes of a run outside of its windows",
    ),
    (
        "bunker_window_resumes",
        Shape::Truth,
        "whether a run that a window closed on goes on by itself in the next",
    ),
    (
        "bunker_guardrails",
        Shape::Entries,
        "what every run has to keep to; docs/rollouts.md shows how guardrails are written",
    ),
    ("bunker_approval_ttl_s", Shape::Whole(60, 30 * DAY), "seconds for which an approval counts"),
    ("bunker_require_why", Shape::Truth, "whether each change needs a reason"),
    ("bunker_shell_record", Shape::Truth, "whether shells on the host are recorded, as asciicasts"),
    ("bunker_canary_group", NAME, "the group that goes first in a canary upgrade"),
    ("bunker_soak_s", Shape::Whole(1, 31 * DAY), "seconds for which a canary is watched"),
    (
        "bunker_canary_metrics",
        Shape::Entries,
        "what a canary is judged by: names, or mappings with limits",
    ),
    (
        "bunker_canary_on_success",
        Shape::OneOf(&["continue", "promote"]),
        "what follows when a canary is good",
    ),
    (
        "bunker_canary_on_fail",
        Shape::OneOf(&["stop", "rollback"]),
        "what follows when a canary is not",
    ),
    (
        "bunker_accent",
        LINE,
        "the colour of the fleet: red, orange, yellow, green, blue, violet, pink, grey or \"#rrggbb\"",
    ),
    ("bunker_alertmanager_url", HTTP_URL, "the Alertmanager in which windows silence alerts"),
    ("bunker_central_host", NAME, "the central server's name in the inventory"),
    ("bunker_hook_timeout_s", Shape::Whole(1, DAY), "seconds that a hook may take; by default 60"),
    ("bunker_notify_on", NEWS, "which news is told; by default all"),
    ("bunker_notify_webhook_url", HTTP_URL, "the webhook that is told"),
    (
        "bunker_notify_webhook_secret_file",
        LOCAL_PATH,
        "a file with the secret that signs what it is told",
    ),
    ("bunker_notify_gotify_url", HTTP_URL, "the Gotify server that is told"),
    ("bunker_notify_gotify_token_file", LOCAL_PATH, "a file with its token"),
    ("bunker_notify_mail_to", MAIL_TO, "who gets mail"),
    ("bunker_notify_mail_from", LINE, "who sends it"),
    ("bunker_notify_smtp_host", LINE, "the mail server"),
    (
        "bunker_notify_smtp_port",
        Shape::Whole(1, 65_535),
        "its port; by default 587, 465 or 25, by bunker_notify_smtp_tls",
    ),
    (
        "bunker_notify_smtp_tls",
        Shape::OneOf(&["starttls", "tls", "none"]),
        "how the connection to it is kept private; by default starttls",
    ),
    ("bunker_notify_smtp_user", LINE, "who logs in there"),
    ("bunker_notify_smtp_password_file", LOCAL_PATH, "a file with the password"),
];

/// All rows.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    [ANSIBLE, APPLICATION, SERVER, POLICY].into_iter().flatten()
}
