//! The names of variables that are understood, to find misspelt ones.

/// Variables that count for the whole fleet, set for `all`.
const FLEET: &[&str] = &[
    "bunker_accent",
    "bunker_alertmanager_url",
    "bunker_approval_ttl_s",
    "bunker_central_host",
    "bunker_fleet_name",
    "bunker_guardrails",
    "bunker_hook_timeout_s",
    "bunker_metrics_timeout_s",
    "bunker_metrics_token_file",
    "bunker_metrics_url",
    "bunker_notify_gotify_token_file",
    "bunker_notify_gotify_url",
    "bunker_notify_mail_from",
    "bunker_notify_mail_to",
    "bunker_notify_on",
    "bunker_notify_smtp_host",
    "bunker_notify_smtp_password_file",
    "bunker_notify_smtp_port",
    "bunker_notify_smtp_tls",
    "bunker_notify_smtp_user",
    "bunker_notify_webhook_secret_file",
    "bunker_notify_webhook_url",
    "bunker_probe_interval_s",
    "bunker_window_outside",
    "bunker_window_resumes",
];

/// Whether a variable counts for the whole fleet.
pub(super) fn is_fleet_wide(name: &str) -> bool {
    name.starts_with("bunker_") && FLEET.contains(&name)
}

/// `bunker_*` variables that a group or a host may override.
const HOST: &[&str] = &[
    "bunker_backup_critical_s",
    "bunker_backup_warn_s",
    "bunker_canary_group",
    "bunker_canary_metrics",
    "bunker_canary_on_fail",
    "bunker_canary_on_success",
    "bunker_disk_critical",
    "bunker_disk_warn",
    "bunker_error_ratio_warn",
    "bunker_healthy_deadline_s",
    "bunker_known_hosts",
    "bunker_mail_queue_warn",
    "bunker_maintenance",
    "bunker_max_failed",
    "bunker_max_unreachable",
    "bunker_min_healthy_s",
    "bunker_ops_enabled",
    "bunker_ops_remote_write_url",
    "bunker_order",
    "bunker_p95_warn_s",
    "bunker_parallel",
    "bunker_progress_deadline_s",
    "bunker_require_why",
    "bunker_serial",
    "bunker_shell_record",
    "bunker_skew_critical_s",
    "bunker_skew_warn_s",
    "bunker_soak_s",
    "bunker_step_timeout_s",
    "bunker_upgrade_free_b",
    "bunker_windows",
];

/// Variables of the managed application. Its settings template may use others of its own.
const APPLICATION: [&str; 31] = [
    "cml_admin_email",
    "cml_admin_url",
    "cml_backup_command",
    "cml_backup_cron",
    "cml_backup_dir",
    "cml_backup_keep_days",
    "cml_backup_keep_min",
    "cml_compose_files",
    "cml_compose_profiles",
    "cml_data_services",
    "cml_dir",
    "cml_domain",
    "cml_env_complete",
    "cml_env_template",
    "cml_expected_services",
    "cml_health_url",
    "cml_instance_label",
    "cml_keep_releases",
    "cml_local_admin_url",
    "cml_local_health_url",
    "cml_login_path",
    "cml_migrate_command",
    "cml_migrate_status_command",
    "cml_migrations_dir",
    "cml_prometheus_url",
    "cml_pangolin_api_url",
    "cml_ref",
    "cml_repo",
    "cml_seed_command",
    "cml_seeded_marker",
    "cml_tier",
];

/// The server below an instance: what the role `common` sets up.
const SERVER: [&str; 7] = [
    "common_compose_sha256",
    "common_compose_url",
    "common_fail2ban_ignore",
    "common_registry_mirror",
    "common_ufw_ports",
    "common_unattended_upgrades",
    "common_user",
];

/// Ansible's connection variables that have a meaning here.
const ANSIBLE: [&str; 10] = [
    "ansible_become",
    "ansible_become_method",
    "ansible_become_user",
    "ansible_connection",
    "ansible_group_priority",
    "ansible_host",
    "ansible_port",
    "ansible_ssh_common_args",
    "ansible_ssh_private_key_file",
    "ansible_user",
];

/// Every name that is understood.
pub(super) fn known() -> impl Iterator<Item = &'static str> {
    let own = FLEET.iter().chain(HOST).copied();
    own.chain(SERVER).chain(APPLICATION).chain(ANSIBLE)
}

/// What is wrong with the name of a variable.
pub(super) struct Misspelt {
    /// The name that is probably meant.
    pub(super) meant: Option<&'static str>,
}

/// Whether a variable's name is one that should have a meaning and has none.
///
/// `bunker_*` is ours alone, so an unknown one is always told. The application's settings template
/// and Ansible have many more than are known here, so there only a near miss is.
pub(super) fn misspelt(name: &str) -> Option<Misspelt> {
    if known().any(|k| k == name) {
        return None;
    }
    let prefix =
        ["bunker_", "cml_", "common_", "ansible_"].into_iter().find(|p| name.starts_with(p));
    let ours =
        prefix.is_some() || name.split_once('_').is_some_and(|(first, _)| is_near_prefix(first));
    if !ours || name.starts_with("cml_pangolin_") {
        return None;
    }
    let meant = crate::domain::suggest::nearest(name, known())
        .filter(|m| prefix == Some("bunker_") || is_slip(name, m));
    match (prefix, meant) {
        (Some("bunker_"), meant) => Some(Misspelt { meant }),
        (_, Some(meant)) => Some(Misspelt { meant: Some(meant) }),
        (_, None) => None,
    }
}

fn is_near_prefix(first: &str) -> bool {
    matches!(first, "clm" | "cm" | "cmll" | "bunkr" | "bnuker" | "buner" | "anisble" | "ansibel")
}

/// A slip of the pen and not another word: nearly the same letters.
fn is_slip(name: &str, meant: &str) -> bool {
    let count = |text: &str| {
        let mut letters: Vec<char> =
            text.to_ascii_lowercase().chars().filter(|c| *c != '_').collect();
        letters.sort_unstable();
        letters
    };
    let (a, b) = (count(name), count(meant));
    let mut rest = b.clone();
    let missing = a
        .iter()
        .filter(|c| match rest.iter().position(|r| r == *c) {
            Some(at) => {
                rest.swap_remove(at);
                false
            }
            None => true,
        })
        .count();
    missing.max(rest.len()) <= 1
}
