//! Who holds an instance, in the cockpit: seen, watched, waited for, broken with a reason.

use std::sync::Arc;

use bunker_ops::app::action::Place;
use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::holds::HoldOf;
use bunker_ops::app::layers::Layer;
use bunker_ops::app::look::{Look, Looked};
use bunker_ops::app::msg::Problem;
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::lease::{FleetHeld, Lease, LeaseLook};
use bunker_ops::domain::plan::{Finding, Readiness};
use bunker_ops::domain::policy::Consent;
use jiff::SignedDuration;

use crate::sample::{host, run_id};
use crate::ui_wall::summary;
use crate::ui_world::{asked, cockpit, many, now, open_twelve, plan, press, run_view, screen};

fn toast(model: &Model) -> String {
    model.toasts.shown().last().map(|toast| toast.text.to_string()).unwrap_or_default()
}

fn held(job: bool) -> LeaseLook {
    let lease = Lease {
        holder: "run 261122-220000-7f3a (upgrade) by ann on desk since 14:20".into(),
        run: Some(run_id(0x7f3a)),
        workflow: "upgrade".into(),
        target: "v2.5.0".into(),
        operator: "ann".into(),
        generation: 7,
        started: "2026-11-22T14:20:00Z".into(),
        beat_age_s: Some(4),
        doing: "build, step 2 of 5".into(),
        left_s: 86,
    };
    let job = job.then(|| "job build of run 7f3a".into());
    LeaseLook { lease: Some(lease), job, generation: 7, breaks: Vec::new() }
}

/// Answers the questions about leases: `red-deer` is held, or not.
fn answer(model: &mut Model, effects: &[Effect], red_deer: &LeaseLook) -> Vec<Effect> {
    let mut next = Vec::new();
    for effect in effects {
        let Effect::Look { request, what } = effect else { continue };
        let looked = match what {
            Look::Lease(id) if *id == host("red-deer") => {
                Looked::Lease(id.clone(), Ok(red_deer.clone()))
            }
            Look::Lease(id) => Looked::Lease(id.clone(), Ok(LeaseLook::default())),
            Look::Campaign => Looked::Campaign(Ok(None)),
            Look::Backups(_)
            | Look::Alerts
            | Look::Inventory
            | Look::Variables(_)
            | Look::DoctorHere
            | Look::DoctorHosts
            | Look::Charts(_)
            | Look::Timeline(_)
            | Look::Outputs(..) => panic!("{what:?}"),
        };
        next.extend(update(model, Msg::Looked { request: *request, result: Ok(looked) }));
    }
    next
}

fn tick(model: &mut Model, seconds: i64) -> Vec<Effect> {
    update(model, Msg::Tick(now() + SignedDuration::from_secs(seconds)))
}

/// To the page of a plan of two, one of which Ann holds.
fn planned(model: &mut Model) {
    press(model, "u enter");
    let (request, result) = (model.last_request, Ok(Arc::new(plan(&["red-deer", "st-albert"]))));
    let effects = update(model, Msg::Planned { request, result });
    assert_eq!(effects.len(), 2, "both are asked who holds them: {effects:?}");
    assert!(answer(model, &effects, &held(false)).is_empty());
}

#[test]
fn a_plan_whose_instance_is_held_says_by_whom_and_starts_once_nobody_holds_it() {
    let mut model = open_twelve(Some(Operate::grant()));
    planned(&mut model);
    let drawn = screen(&model);
    assert!(
        drawn.contains("▲ red-deer is held by run 261122-220000-7f3a (upgrade) by ann"),
        "{drawn}"
    );
    assert!(drawn.contains("f waits for it, then starts  g w who"), "{drawn}");
    press(&mut model, "f");
    assert!(screen(&model).contains("waits, once started"), "{}", screen(&model));
    // The number is typed as always; then it waits instead of starting.
    let effects = press(&mut model, "2 enter");
    assert_eq!(asked(&effects), vec![], "it is held");
    assert_eq!(effects.len(), 2, "{effects:?}");
    assert!(asked(&answer(&mut model, &effects, &held(false))).is_empty());
    let drawn = screen(&model);
    assert!(drawn.contains("f gives up; waits for"), "{drawn}");
    assert!(drawn.contains("red-deer is held by run"), "{drawn}");
    assert_eq!(press(&mut model, "2 enter"), vec![], "it is not started twice");
    // Nobody is asked again at once, and nobody who did not answer is asked twice.
    assert_eq!(tick(&mut model, 1), vec![]);
    let effects = tick(&mut model, 2);
    assert_eq!(effects.len(), 2, "{effects:?}");
    assert_eq!(tick(&mut model, 5), vec![]);
    // Another page stands in front meanwhile.
    press(&mut model, "R");
    let begun = answer(&mut model, &effects, &LeaseLook::default());
    match &asked(&begun)[..] {
        [ChangeKind::StartRun { plan, consent, .. }] => {
            assert_eq!(plan.hosts.len(), 2);
            assert_eq!(*consent, Consent::Typed("2".to_owned()));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(tick(&mut model, 9), vec![], "it was started once");
}

#[test]
fn waiting_is_given_up_by_the_key_by_leaving_the_plan_and_after_an_hour() {
    for way in ["f", "esc", "an hour"] {
        let mut model = open_twelve(Some(Operate::grant()));
        planned(&mut model);
        let effects = press(&mut model, "f 2 enter");
        answer(&mut model, &effects, &held(false));
        match way {
            "an hour" => assert_eq!(tick(&mut model, 3_600), vec![]),
            key => assert_eq!(press(&mut model, key), vec![]),
        }
        assert!(toast(&model).contains("nothing"), "{way}: {}", toast(&model));
        // What is answered afterwards starts nothing.
        assert_eq!(answer(&mut model, &effects, &LeaseLook::default()), vec![], "{way}");
        assert_eq!(tick(&mut model, 3_700), vec![], "{way}");
    }
}

#[test]
fn nobody_waits_for_what_is_free_and_a_start_that_was_refused_looks_again() {
    let mut model = open_twelve(Some(Operate::grant()));
    press(&mut model, "u enter");
    let (request, result) = (model.last_request, Ok(Arc::new(plan(&["red-deer"]))));
    let effects = update(&mut model, Msg::Planned { request, result });
    answer(&mut model, &effects, &LeaseLook::default());
    press(&mut model, "f");
    assert_eq!(toast(&model), "nobody holds an instance of this plan: enter starts it");
    let effects = press(&mut model, "enter tab enter");
    let [ChangeKind::StartRun { request, .. }] = asked(&effects)[..] else { panic!("{effects:?}") };
    let problem = Problem { message: "red-deer is held by ann".into(), hint: None };
    let effects = update(&mut model, Msg::Started { request, result: Err(problem) });
    answer(&mut model, &effects, &held(true));
    assert!(screen(&model).contains("▲ red-deer is held by"), "{}", screen(&model));
}

/// The page of leases of one instance, which Ann holds.
fn leases(operate: Option<Operate>, look: &LeaseLook) -> Model {
    let mut model = open_twelve(operate);
    model.fleet.select(&host("red-deer"), 20);
    press(&mut model, "enter");
    let effects = press(&mut model, "g w");
    assert_eq!(effects.len(), 2, "this instance and the fleet: {effects:?}");
    answer(&mut model, &effects, look);
    assert_eq!(model.place(), Place::Leases);
    model
}

#[test]
fn the_holder_is_seen_and_his_run_is_watched() {
    let mut model = leases(Some(Operate::grant()), &held(false));
    let drawn = screen(&model);
    for words in ["ann, run 7f3a (upgrade)", "build, step 2 of 5", "to        v2.5.0, generation 7"]
    {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
    assert_eq!(press(&mut model, "enter"), vec![]);
    assert!(toast(&model).contains("is not in the store of this machine"), "{}", toast(&model));
    update(&mut model, Msg::Runs(vec![summary(&run_view(&["red-deer"]))]));
    assert_eq!(press(&mut model, "enter"), vec![Effect::Attach(run_id(0x7f3a))]);
    press(&mut model, "esc");
    assert_eq!(model.place(), Place::Leases);
    // It is read again by the key and after a while, one question at a time.
    let effects = press(&mut model, "r");
    assert_eq!(tick(&mut model, 59), vec![]);
    answer(&mut model, &effects, &LeaseLook::default());
    assert!(screen(&model).contains("○ red-deer"), "{}", screen(&model));
    assert_eq!(tick(&mut model, 70).len(), 2);
}

#[test]
fn a_lease_is_broken_after_a_reason_and_a_question_whose_safe_answer_has_the_focus() {
    let mut model = leases(Some(Operate::grant()), &held(false));
    assert_eq!(press(&mut model, "B enter"), vec![]);
    let Some(Layer::Why(form)) = model.layers.last() else { panic!("{:?}", model.layers) };
    assert!(form.empty, "a reason is needed");
    assert!(screen(&model).contains("say why"), "{}", screen(&model));
    assert_eq!(press(&mut model, "s h e space w e n t enter enter"), vec![], "the safe answer");
    assert!(model.layers.is_empty());
    press(&mut model, "B s h e space w e n t enter");
    let drawn = screen(&model);
    for words in
        ["It is held by run 261122-220000-7f3a", "is refused from now on", "Reason: she went"]
    {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
    let effects = press(&mut model, "tab enter");
    let broken = ChangeKind::BreakLease {
        of: HoldOf::Instance(host("red-deer")),
        generation: 7,
        run: Some(run_id(0x7f3a)),
        reason: "she went".into(),
    };
    assert_eq!(asked(&effects), vec![broken]);
    // What came of it is told, and the page looks again.
    let effects =
        update(&mut model, Msg::LeaseBroken(Ok("the lease of red-deer was broken".into())));
    assert_eq!(effects.len(), 2);
    assert_eq!(toast(&model), "the lease of red-deer was broken");
}

#[test]
fn nothing_is_broken_under_a_job_nor_while_a_worker_lives_nor_read_only() {
    let mut model = leases(Some(Operate::grant()), &held(true));
    press(&mut model, "B");
    assert!(model.layers.is_empty() && toast(&model).contains("a job runs there now"));
    let mut model = leases(Some(Operate::grant()), &LeaseLook::default());
    press(&mut model, "B");
    assert!(model.layers.is_empty() && toast(&model).contains("nothing to break"));
    let mut model = leases(None, &held(false));
    press(&mut model, "B");
    assert!(model.layers.is_empty() && toast(&model).contains("read-only"));
    for alive in [true, false] {
        let mut model = open_twelve(Some(Operate::grant()));
        let effects = press(&mut model, "g w");
        assert_eq!(effects.len(), 13, "all twelve and the fleet");
        answer(&mut model, &effects, &LeaseLook::default());
        let campaign =
            FleetHeld { who: "run 2 goes through it".into(), run: Some(run_id(2)), alive };
        let request = model.last_request;
        let result = Ok(Looked::Campaign(Ok(Some(campaign))));
        update(&mut model, Msg::Looked { request, result });
        press(&mut model, "B");
        assert_eq!(model.layers.is_empty(), alive);
        if alive {
            assert!(toast(&model).contains("its worker lives"), "{}", toast(&model));
        } else {
            let drawn = screen(&model);
            assert!(drawn.contains("Break the lease of the fleet"), "{drawn}");
        }
    }
}

#[test]
fn a_plan_that_left_out_what_was_held_is_made_anew_once_nobody_holds_it() {
    let mut model = open_twelve(Some(Operate::grant()));
    press(&mut model, "u enter");
    let request = model.last_request;
    let mut held_up = plan(&["red-deer"]);
    for host in &mut held_up.hosts {
        host.readiness = Readiness::Blocked;
        let (subject, text) = ("lease".into(), "held by run 7f3a".into());
        host.findings.push(Finding { readiness: Readiness::Blocked, subject, text });
    }
    let result = Ok(Arc::new(held_up));
    let effects = update(&mut model, Msg::Planned { request, result });
    answer(&mut model, &effects, &held(false));
    assert!(screen(&model).contains("f waits, then plans anew"), "{}", screen(&model));
    assert_eq!(press(&mut model, "f"), vec![], "it is held");
    let effects = tick(&mut model, 2);
    let next = answer(&mut model, &effects, &LeaseLook::default());
    assert!(
        matches!(&asked(&next)[..], [ChangeKind::Plan { wish, .. }]
        if wish.hosts == [host("calgary-prod")]),
        "what was wanted, once more: {next:?}"
    );
    // The new plan stands for the old one, and is started as any other.
    let request = model.last_request;
    update(&mut model, Msg::Planned { request, result: Ok(Arc::new(plan(&["red-deer"]))) });
    assert_eq!(model.screens.len(), 1);
    assert!(matches!(
        asked(&press(&mut model, "enter tab enter"))[..],
        [ChangeKind::StartRun { .. }]
    ));
}

/// The instances that these effects ask.
fn asks(effects: &[Effect]) -> Vec<String> {
    let name = |effect: &Effect| {
        let Effect::Look { what: Look::Lease(id), .. } = effect else { return None };
        Some(id.to_string())
    };
    effects.iter().filter_map(name).collect()
}

#[test]
fn of_a_thousand_those_in_sight_are_asked_first_few_at_once_and_a_round_ends_before_the_next() {
    let mut model = cockpit(120, 40, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(many(1_000)));
    tick(&mut model, 0);
    let mut flying = press(&mut model, "g w");
    assert_eq!(flying.len(), 16);
    assert_eq!(asks(&flying)[..2], ["host-0000", "host-0001"]);
    // Who goes to the end is told of the end next, long before the middle.
    press(&mut model, "G");
    let one = flying.remove(0);
    let next = answer(&mut model, &[one], &LeaseLook::default());
    assert_eq!(asks(&next), ["host-0999"]);
    flying.extend(next);
    let (mut n, mut most) = (1, 0);
    while !flying.is_empty() {
        most = most.max(flying.len());
        if n == 500 {
            assert_eq!(tick(&mut model, 40), vec![], "the round goes on, however old it is");
        }
        let one = flying.remove(0);
        flying.extend(answer(&mut model, &[one], &LeaseLook::default()));
        n += 1;
    }
    assert_eq!((n, most), (1_001, 16));
    assert_eq!(tick(&mut model, 41).len(), 16, "the next round");
}
