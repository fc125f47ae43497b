//! Silencing the selected alert, and ending its silence: what is asked, and before that whether it can be.

use super::super::action::Action;
use super::super::choice_pages::Asked;
use super::super::layers::Confirm;
use super::super::model::{Model, Screen};
use super::super::quiet::{QuietAsk, QuietForm};
use super::super::sheet::SheetOf;
use super::super::sheet_rows;
use super::quiet;
use crate::domain::alerts::{Alert, ByHand, Fits, Manager, ManagerAlert, ManagerSilence, Origin};
use crate::domain::figure::several;
use crate::domain::untrusted::Safe;

/// The newest good answer of the Alertmanager, on the page of alerts.
fn manager(model: &Model) -> Result<&Manager, String> {
    let page = match model.screens.last() {
        Some(Screen::Sheet(sheet)) => Some(&sheet.of),
        _ => None,
    };
    let Some(SheetOf::Alerts(page)) = page else { return Err("this is no alert".to_owned()) };
    page.manager().ok_or_else(|| match &page.manager {
        Asked::Known(_) => "there is no Alertmanager to silence alerts in: set \
                            bunker_alertmanager_url in group_vars/all, or add a window"
            .to_owned(),
        Asked::Waiting(_) => "the Alertmanager has not answered yet: wait for it".to_owned(),
        Asked::Failed(problem) => {
            let again = model.key(Action::LookAgain);
            format!("nothing can be silenced: {}; {again} asks again", problem.message)
        }
    })
}

/// The form for a silence of the selected alert.
pub(super) fn of_selected(model: &Model) -> Result<QuietForm, String> {
    let manager = manager(model)?;
    let alert = sheet_rows::selected_alert(model).ok_or("there is no alert to silence")?;
    if alert.origin != Origin::Alertmanager {
        return Err(format!(
            "the Alertmanager does not tell of {}: nobody is told, so there is nothing to silence",
            alert.name
        ));
    }
    if let Some(id) = &alert.silence_id {
        let why = alert.silence.as_ref().unwrap_or(id);
        return Err(format!("{} is silent already: {why}", alert.name));
    }
    // What it is under is the label of the Alertmanager, not the name that the inventory gives.
    let known = manager.labels.iter().find(|(_, host)| Some(*host) == alert.host.as_ref());
    let label = known.map_or_else(|| alert.of.to_string(), |(label, _)| label.clone());
    Fits::new(Some(alert.name.as_str()), Some(vec![label])).map(QuietForm::silence)
}

/// Whether this is what the Alertmanager tells of an alert of the list.
fn is_told(manager: &Manager, told: &ManagerAlert, alert: &Alert) -> bool {
    let host = manager.labels.get(told.instance.as_str());
    let here = host == alert.host.as_ref() && (host.is_some() || told.instance == alert.of);
    here && told.name == alert.name && told.silenced_by.first() == alert.silence_id.as_ref()
}

/// The form for the end of the silence of the selected alert.
pub(super) fn end_of_selected(model: &Model) -> Result<QuietForm, String> {
    let manager = manager(model)?;
    let alert = sheet_rows::selected_alert(model).ok_or("there is no silence to end")?;
    let Some(first) = alert.silence_id.as_ref().filter(|_| alert.origin == Origin::Alertmanager)
    else {
        return Err(match &alert.silence {
            Some(why) => format!("{} is silent by no silence of Alertmanager: {why}", alert.name),
            None => format!("no silence holds {}", alert.name),
        });
    };
    let told = manager.alerts.iter().find(|told| is_told(manager, told, &alert));
    let ids = told.map(|a| a.silenced_by.as_slice()).unwrap_or_default();
    let held: Vec<&ManagerSilence> =
        ids.iter().filter_map(|id| manager.silences.iter().find(|s| s.id == *id)).collect();
    match held.iter().find(|silence| silence.window().is_none()) {
        Some(found) => Ok(QuietForm::end_of_silence((*found).clone(), ids.len() - 1)),
        None => Err(match held.first().and_then(|silence| silence.window()) {
            Some(window) => format!(
                "window {window} silences {} and its silence ends with it: {} shows windows",
                alert.name,
                model.key(Action::Windows)
            ),
            None => format!("the Alertmanager does not tell of silence {first}: look again"),
        }),
    }
}

/// The silence as it would be made, where what was typed can be one.
pub(super) fn question(model: &Model, of: &Fits, form: &QuietForm) -> Result<Confirm, String> {
    let fits = form.covers(of)?;
    let (lasts, why) = (form.lasts().to_owned(), form.why().unwrap_or_default());
    // Who makes it is known where it is made.
    let made = ByHand::new(fits.clone(), &lasts, (&Safe::default(), &why), model.now)?;
    let manager = manager(model)?;
    let n = manager.alerts.iter().filter(|alert| fits.fits(alert)).count();
    let until = made.spell.until.to_zoned(model.zone.clone());
    let lines = vec![
        format!("Written to Alertmanager at {}:", manager.url),
        format!("{}.", fits.words()),
        format!("It fits {} now.", several(n, "alert")),
        format!(
            "For {lasts}, until {}. Then it is loud again.",
            until.strftime("%a %m-%d %H:%M %Z")
        ),
    ];
    let of = fits.labels().unwrap_or_default().join(", ");
    let what = match fits.alert() {
        Some(alert) if of.is_empty() => format!("{alert} everywhere"),
        Some(alert) => alert.to_string(),
        None => format!("all alerts of {of}"),
    };
    let ask = QuietAsk::Silence { fits, lasts, why };
    Ok(quiet::question(format!("silence {what}"), lines, "silence it", ask))
}

/// The end as it would be.
pub(super) fn end_question(
    model: &Model,
    silence: &ManagerSilence,
    n_others: usize,
    why: Option<Safe>,
) -> Confirm {
    let until = silence.until.to_zoned(model.zone.clone());
    let after = match n_others {
        0 => "What it fits is loud again, unless something else holds it.".to_owned(),
        n => format!("By {} this alert stays silent.", several(n, "more silence")),
    };
    let lines = vec![
        format!("It fits {}.", silence.fits),
        format!(
            "Made by {} until {}: {}.",
            silence.by,
            until.strftime("%a %m-%d %H:%M %Z"),
            silence.comment
        ),
        after,
    ];
    let ask = QuietAsk::EndSilence { id: silence.id.clone(), why };
    quiet::question("end the silence".to_owned(), lines, "end it", ask)
}
