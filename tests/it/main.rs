//! Everything that needs more than one module, in one binary.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, also in the functions that tests share"
)]

mod alertmanager_real;
mod alertmanager_silence;
mod alertmanager_window_end;
mod alerts;
mod ansible_engine;
mod ansible_inventory;
mod ansible_run;
mod around_engine;
mod audit_log;
mod backup_steps;
mod bundle;
mod canary_engine;
mod canary_feed;
mod canary_plan;
mod canary_resume;
mod canary_run;
mod canary_statistics;
mod canary_store;
mod canary_victoria;
mod capability;
mod configure_run;
mod configure_steps;
mod deploy_again;
mod deploy_run;
mod docs;
mod dotenv_compose;
mod env_template;
mod faults;
mod filter;
mod fleet_200;
mod forward;
mod hook_files;
mod hook_shell;
mod host_verbs;
mod import_run;
mod instance;
mod inventory;
mod jobs_drop;
#[expect(
    dead_code,
    unreachable_pub,
    let_underscore_drop,
    reason = "the demo uses parts that the tests do not"
)]
#[path = "../lab/mod.rs"]
mod lab;
mod lab_demo;
mod lab_docker;
mod lab_faults;
mod lab_metrics;
mod lab_ssh;
mod lease_break;
mod lease_fence;
mod lease_wait;
mod log_merged;
mod look_shell;
mod notify;
mod order_sessions;
mod policy_retry;
mod policy_run;
mod policy_verbs;
mod probe_lab;
mod probe_poller;
mod probe_script;
mod pty_cockpit;
mod pty_configure;
mod pty_faults;
mod pty_hostile;
mod pty_journeys;
mod pty_life;
mod pty_moving;
mod pty_passphrase;
mod pty_wall;
mod pty_why;
mod pty_windows;
mod real_bare;
mod real_canary;
mod real_configure;
mod real_day2;
mod real_deploy;
mod real_firewall;
mod real_fleet;
mod real_import;
mod real_jobs;
mod real_probe;
mod real_repository;
mod real_upgrade;
mod rollback_run;
mod rollout_model;
mod rollout_run;
mod rotate_engine;
mod rotate_run;
mod run_clock;
mod run_engine;
mod run_fake_around;
mod run_fake_fault;
mod run_fake_job;
mod run_fake_lease;
mod run_fake_metrics;
mod run_fake_store;
mod run_fakes;
mod run_gate;
mod run_panic;
mod run_power;
mod run_process;
mod run_reboot;
mod run_rollout;
mod run_secrets;
mod run_standstill;
mod run_step;
mod run_wait;
mod run_windows;
mod sample;
mod server_steps;
mod shallow_clone;
mod snapshot;
mod speed;
mod ssh_pool;
mod ssh_sshd;
mod store_conformance;
mod store_damage;
mod store_full;
mod store_plans;
mod store_reasons;
mod tidy;
mod timeline;
mod ui_alerts;
mod ui_canary;
mod ui_choice;
mod ui_gallery;
mod ui_keys;
mod ui_leases;
mod ui_log;
mod ui_log_wrap;
mod ui_matrix;
mod ui_moving;
mod ui_narrow;
mod ui_quiet;
mod ui_screens;
mod ui_setup;
mod ui_sheet_keys;
mod ui_sheet_world;
mod ui_sheets;
mod ui_silence;
mod ui_styles;
mod ui_update;
mod ui_wall;
mod ui_why;
mod ui_window;
mod ui_world;
mod upgrade_bench;
mod upgrade_compose;
mod upgrade_fleet;
mod upgrade_plan;
mod upgrade_run;
mod upgrade_steps;
mod vault_ansible;
mod vault_shell;
mod victoria_faults;
mod victoria_real;
mod window_shell;
