//! The command line of `bunker vault`.
#![expect(clippy::doc_markdown, reason = "these comments are what `--help` prints, without markup")]

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::args::StartArgs;

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub enum VaultVerb {
    /// Make an identity for this operator and add it to the recipients
    #[command(
        after_help = "The identity is identity.txt in $XDG_CONFIG_HOME/bunker, or what BUNKER_IDENTITY \
names. One that is there is used. Somebody who is a recipient already must then run `bunker vault rekey`."
    )]
    Init {
        /// Name of the recipient [default: user@machine]
        #[arg(long)]
        name: Option<String>,
        /// Protect the identity with a passphrase
        #[arg(long)]
        passphrase: bool,
    },
    /// Names, generations and dates; never values
    List {
        /// A host or a group [default: all that have secrets]
        owner: Option<String>,
    },
    /// Print the value of a secret
    Get {
        /// A host or a group
        owner: String,
        /// vault_...
        name: String,
    },
    /// Give a secret the value that standard input says
    #[command(
        after_help = "At a terminal the value is asked for and not shown. Otherwise standard input is read to \
its end; one line end at its end is no part of the value."
    )]
    Set {
        /// A host or a group
        owner: String,
        /// vault_...
        name: String,
    },
    /// Take secrets out
    Rm {
        /// A host or a group
        owner: String,
        /// vault_...
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Change secrets as name: value in $EDITOR
    Edit {
        /// A host or a group
        owner: String,
    },
    /// Who can read the secrets
    #[command(subcommand)]
    Recipients(RecipientsVerb),
    /// Encrypt everything to the recipients as they are now
    #[command(
        after_help = "Names the secrets that a removed recipient has seen: those should be changed, since older \
versions of the files can still be opened."
    )]
    Rekey,
    /// Open every secret and say what is wrong; prints no value
    Verify,
    /// Take over the secrets that ansible-vault has encrypted
    ImportAnsible {
        /// The host or the group that they are for
        owner: String,
        /// Files with them [default: those of the host or group in the inventory]
        files: Vec<PathBuf>,
        /// Where Ansible's passwords are
        #[command(flatten)]
        passwords: VaultPasswords,
    },
    /// Write the secrets as a file that ansible-vault reads
    ExportAnsible {
        /// A host or a group
        owner: String,
        /// The file to make
        file: PathBuf,
        /// Where Ansible's passwords are
        #[command(flatten)]
        passwords: VaultPasswords,
        /// Each value by itself (`name: !vault |`), with names readable
        #[arg(long)]
        inline: bool,
    },
}

/// Where Ansible's vault passwords are. Its own variables count as well: `ANSIBLE_VAULT_IDENTITY_LIST` and
/// `ANSIBLE_VAULT_PASSWORD_FILE`.
#[derive(Debug, clap::Args)]
pub struct VaultPasswords {
    /// The vault password, or a program that prints it [default: ./.vault_pass]
    #[arg(long, value_name = "FILE")]
    pub vault_password_file: Option<PathBuf>,
    /// The password of a label, or a program that prints it; several can be given
    #[arg(long, value_name = "LABEL@FILE")]
    pub vault_id: Vec<String>,
}

/// What to do with recipients.
#[derive(Debug, Subcommand)]
pub enum RecipientsVerb {
    /// Let somebody read the secrets; run `rekey` afterwards
    Add {
        /// Their name
        name: String,
        /// Their recipient: age1...
        key: String,
    },
    /// Let somebody read no new secrets; run `rekey` afterwards
    Remove {
        /// Name or age1...
        who: String,
    },
    /// Those who can
    List,
}

/// Options of `rotate-secrets`.
#[derive(Debug, Clone, ClapArgs)]
pub struct RotateArgs {
    /// Which hosts, and how to start
    #[command(flatten)]
    pub start: StartArgs,
    /// A secret to change; may be given several times
    #[arg(long = "secret", value_name = "NAME", required_unless_present = "all")]
    pub secrets: Vec<String>,
    /// All secrets that an instance has and that can be changed by themselves
    #[arg(long, conflicts_with = "secrets")]
    pub all: bool,
}

/// What to know about secrets.
#[derive(Debug, Subcommand)]
pub enum SecretsVerb {
    /// Secrets that should be changed now, or soon
    #[command(
        after_help = "Exit codes: 0 none is due; 3 some are. A secret is due when it is older than its \
frequency, or when somebody who was removed from the recipients has seen it."
    )]
    Due {
        /// Those too that become due within so many days
        #[arg(long, value_name = "DAYS", default_value_t = 14)]
        soon: u16,
    },
}
