//! The command line of `bunker snapshot`.

use std::str::FromStr;

use clap::{Args, ValueEnum};

use crate::app::Key;
use crate::app::frame::Size;

/// The largest side of a screen that is drawn.
const MOST: u16 = 1_000;

/// Options of `snapshot`.
#[derive(Debug, Args)]
#[command(
    after_help = "The page is drawn as the cockpit would draw it now: every host is asked first, for at most --timeout \
seconds. Keys are words between blanks, for example --keys '/ d o w n enter'; what they would change is not carried out. \
An SVG picture has all colours unless --colors says otherwise."
)]
pub struct SnapshotArgs {
    /// Which page
    pub screen: Page,
    /// The instance of the pages `instance`, `variables`, `charts`, `timeline`, `compare` and `plan` [default: the one that needs somebody most, or the first; of `plan` all of them]
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// The instance on the right of the page `compare` [default: the next one]
    #[arg(long, value_name = "HOST")]
    pub with: Option<String>,
    /// Where the page `plan` goes to: a branch, tag or commit [default: each instance's own]
    #[arg(long, value_name = "REF")]
    pub to: Option<String>,
    /// The run of the pages `run`, `canary`, `outputs` and `log`: an id, the end of one, or `last`
    #[arg(long, value_name = "RUN", default_value = "last")]
    pub run: String,
    /// Ansible pattern: only these hosts
    #[arg(long, short, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Columns and rows
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "100x30", value_parser = size)]
    pub size: Size,
    /// A theme that the program brings, or a file [default: as the cockpit]
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// How many colours there are [default: as this terminal]
    #[arg(long, value_name = "COLORS")]
    pub colors: Option<Colors>,
    /// How it is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Keys to press on that page first
    #[arg(long, value_name = "KEYS", default_value = "", value_parser = keys, hide_default_value = true)]
    pub keys: Keys,
    /// Seconds to wait for hosts that do not answer
    #[arg(long, default_value_t = 20)]
    pub timeout: u64,
}

/// A page of the cockpit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// The fleet
    Fleet,
    /// One instance
    Instance,
    /// The runs
    Runs,
    /// One run
    Run,
    /// The plan of an upgrade of --host, or of all instances: --to. It is made and shown, and nothing else is done
    Plan,
    /// The canary of a run
    Canary,
    /// The secrets by when they are due
    SecretsDue,
    /// The audit log
    Audit,
    /// The backups of every instance
    Backups,
    /// The alerts
    Alerts,
    /// The maintenance windows
    Windows,
    /// Who holds which instance
    Leases,
    /// Groups and hosts of the inventory
    Inventory,
    /// The variables of a host
    Variables,
    /// What `bunker doctor` finds
    Doctor,
    /// Two instances side by side: --host and --with
    Compare,
    /// The charts of an instance
    Charts,
    /// The figures of all instances as charts
    FleetCharts,
    /// What changed on an instance
    Timeline,
    /// The outputs of a run's targets
    Outputs,
    /// The output of the first target of a run that has something to say
    Log,
    /// What every key does
    Help,
    /// The wall
    Wall,
    /// The first run: what is seen where the inventory is missing or cannot be used
    Setup,
}

/// How a screen is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Plain text
    Text,
    /// Text with the colours of a terminal
    Ansi,
    /// A picture
    Svg,
}

/// How many colours a picture has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colors {
    /// None
    None,
    /// The sixteen of the terminal's own palette
    #[value(name = "16")]
    Sixteen,
    /// The 256 of xterm
    #[value(name = "256")]
    Many,
    /// All
    True,
}

/// Keys to press, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(pub Vec<Key>);

fn keys(text: &str) -> Result<Keys, String> {
    let keys = text.split_whitespace().map(|word| Key::from_str(word).map_err(|e| e.to_string()));
    keys.collect::<Result<_, _>>().map(Keys)
}

fn size(text: &str) -> Result<Size, String> {
    let side = |text: &str| text.parse::<u16>().ok().filter(|n| (1..=MOST).contains(n));
    let both = text.split_once('x').and_then(|(w, h)| Some((side(w)?, side(h)?)));
    let (width, height) =
        both.ok_or_else(|| format!("write columns and rows, each 1 to {MOST}, as 80x24"))?;
    Ok(Size { width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_keys_are_checked() {
        assert_eq!(size("80x24"), Ok(Size { width: 80, height: 24 }));
        for text in ["80", "0x24", "80x", "80x24x1", "5000x10", "-1x3", ""] {
            assert!(size(text).is_err(), "{text}");
        }
        assert_eq!(keys("j enter").map(|k| k.0.len()), Ok(2));
        assert!(keys("nokey").is_err());
    }
}
