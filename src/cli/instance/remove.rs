//! `bunker instance remove`.

use serde_json::json;

use super::super::Context;
use super::super::audit::audited_files;
use super::super::exit::{Exit, Trouble};
use super::super::output::{print, print_json};
use super::super::run::{confirm, right, say};
use super::super::wiring;
use super::add::difference;
use super::args::RemoveArgs;
use crate::adapters::inventory::Removal;
use crate::domain::audit::{Deed, Facts};
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;
use crate::engine::ports::Clock as _;

pub(super) fn remove(context: &Context, args: &RemoveArgs) -> Result<Exit, Trouble> {
    let host: HostId = args.host.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    if !args.check {
        right(context)?;
    }
    let removal = Removal::prepare(&context.inventory, &host)?;
    let now = wiring::clock().now().to_zoned(jiff::tz::TimeZone::UTC);
    let name = format!("{host}-{}", now.strftime("%y%m%d-%H%M%S"));
    let backup = wiring::state_dir().path().join("removed").join(name);
    if context.json {
        let paths: Vec<_> = removal.files.iter().map(|f| &f.path).collect();
        let value = json!({
            "host": host, "check": args.check, "files": paths, "removed": removal.vars, "backup": backup,
        });
        print_json(&value)?;
    } else {
        let mut lines: Vec<String> = removal.files.iter().flat_map(difference).collect();
        lines.extend(removal.vars.iter().map(|path| format!("{} (goes)", path.display())));
        let lines = lines.iter().flat_map(|line| [Safe::line(line).to_string(), "\n".to_owned()]);
        print(&lines.collect::<String>())?;
    }
    if args.check {
        return Ok(Exit::Findings);
    }
    if !args.yes && !confirm(&format!("take {host} out of the inventory"), 1)? {
        say("nothing was changed");
        return Ok(Exit::Refused);
    }
    wiring::state_dir().prepare().map_err(|e| Trouble::new(Exit::Failed, e))?;
    let files = removal.all_files();
    let what = format!("take {host} out of the inventory");
    audited_files(context, Deed::new("instance-remove").on(&host), &files, &what, |_| {
        removal.write(&backup)?;
        Ok(((), Facts::new()))
    })?;
    let kept = Safe::line(&backup.to_string_lossy());
    say(&format!(
        "{host} is out of the inventory; the host itself was left alone. A copy of all of it is in {kept}"
    ));
    Ok(Exit::Ok)
}
