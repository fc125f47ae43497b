//! The table of variables: what each may hold, and what it is for.
//!
//! A new variable gets its name in `domain/lower/names.rs` and its row here; a test says so where one is missing.
//! `BUNKER_BLESS=1 cargo test --test it schema` then writes docs/schemas anew.

use super::shape::{
    ADDRESS, COMMAND, CRON, DOMAIN, EMAIL, FILE_URL, FILES, FOLDER, GIT_REF, GIT_URL, HTTP_URL,
    LABEL, LINE, LOCAL_PATH, NAMES, NETWORKS, REMOTE_PATH, SHA256, Shape, URL_PATH, USER,
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
    (
        "bunker_serial",
        Shape::Whole(1, 100),
        "per cent of the hosts that go in one batch; by default 25",
    ),
    ("bunker_parallel", Shape::Whole(1, 100), "hosts of a batch that go at the same time"),
    ("bunker_max_failed", Shape::Whole(1, 10_000), "failed hosts at which a run stops"),
    ("bunker_max_unreachable", Shape::Whole(1, 10_000), "unreachable hosts at which a run stops"),
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
];

/// All rows.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    [ANSIBLE, APPLICATION, SERVER, POLICY].into_iter().flatten()
}
