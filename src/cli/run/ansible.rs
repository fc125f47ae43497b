//! `bunker ansible`.

use super::super::Context;
use super::super::args::{AnsibleArgs, StartArgs, StrategyArgs};
use super::super::exit::{Exit, Trouble};
use super::start;
use crate::domain::ids::InvalidName;
use crate::domain::plan::strategy::Asked;
use crate::domain::plan::{AnsibleTag, PlaybookWish, What, ansible_tags};

/// Runs a playbook, in Ansible's check mode with `--check`, or only shows the plan with `--plan`.
pub(super) async fn ansible(context: &Context, args: &AnsibleArgs) -> Result<Exit, Trouble> {
    let wish = wish(args).map_err(|error| Trouble::new(Exit::Usage, error))?;
    if args.start.strategy.asked() != Asked::default() {
        let why = "a playbook goes through its hosts by its own `serial`: leave the strategy out";
        return Err(Trouble::new(Exit::Usage, why));
    }
    let start = StartArgs {
        limit: args.start.limit.clone(),
        hosts: args.start.hosts.clone(),
        check: args.plan,
        yes: args.start.yes,
        confirm: args.start.confirm.clone(),
        outside: args.start.outside,
        wait: args.start.wait,
        detach: args.start.detach,
        strategy: StrategyArgs::default(),
    };
    start::workflow(context, &start, What::Ansible(wish)).await
}

fn wish(args: &AnsibleArgs) -> Result<PlaybookWish, InvalidName> {
    let all = |given: &[String]| -> Result<Vec<AnsibleTag>, InvalidName> {
        given
            .iter()
            .map(|text| ansible_tags(text))
            .collect::<Result<Vec<_>, _>>()
            .map(|t| t.concat())
    };
    Ok(PlaybookWish {
        path: args.playbook.parse()?,
        tags: all(&args.tags)?,
        skip_tags: all(&args.skip_tags)?,
        check: args.start.check,
        diff: args.diff,
    })
}
