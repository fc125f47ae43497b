//! The meanings that a theme gives a look.

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $key:literal => $fallback:ident;)*) => {
        /// A meaning. Drawing names roles only, never colours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$doc])* $name,)* }

        impl Role {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in a theme file.
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            #[must_use]
            /// The role whose look it has where the theme gives it none; `Text` ends every chain.
            pub fn fallback(self) -> Self {
                match self { $(Self::$name => Self::$fallback,)* }
            }
        }
    };
}

roles! {
    /// Ordinary text, and the background of everything.
    Text = "text" => Text;
    /// What matters less.
    Dim = "dim" => Text;
    /// What matters more.
    Strong = "strong" => Text;
    /// The one colour of this theme.
    Accent = "accent" => Strong;
    /// Title in a border.
    Title = "title" => Strong;
    /// A border.
    Border = "border" => Dim;
    /// The border of the pane that has the keys.
    BorderFocus = "border-focus" => Accent;
    /// The selected row.
    Selection = "selection" => Strong;
    /// The sign of a marked row.
    Marked = "marked" => Accent;
    /// Heading of a column.
    Heading = "heading" => Dim;
    /// The name of the program and the fleet.
    Header = "header" => Strong;
    /// It serves and nothing is wrong.
    Healthy = "healthy" => Text;
    /// The word of a healthy state: quiet.
    HealthyWord = "healthy-word" => Text;
    /// It serves, but something needs a person.
    Degraded = "degraded" => Strong;
    /// It does not serve, or it failed.
    Down = "down" => Strong;
    /// We cannot tell.
    Unknown = "unknown" => Dim;
    /// It is being worked on.
    Running = "running" => Accent;
    /// It has not begun.
    Waiting = "waiting" => Dim;
    /// It will not run.
    NotRun = "not-run" => Dim;
    /// A key in the footer.
    Key = "key" => Accent;
    /// What the key does.
    Hint = "hint" => Dim;
    /// A line of output.
    Log = "log" => Text;
    /// A line that tells of an error.
    LogError = "log-error" => Down;
    /// A line that tells of a warning.
    LogWarning = "log-warning" => Degraded;
    /// A word of ours in the output.
    LogMeta = "log-meta" => Dim;
    /// What was searched for.
    Match = "match" => Selection;
    /// A choice that cannot be taken back.
    Danger = "danger" => Down;
    /// A dialog.
    Dialog = "dialog" => Text;
    /// The button that has the focus.
    Button = "button" => Selection;
    /// The caret in a line of text.
    Caret = "caret" => Selection;
    /// Line of a chart.
    Chart1 = "chart-1" => Accent;
    /// Line of a chart.
    Chart2 = "chart-2" => Chart1;
    /// Line of a chart.
    Chart3 = "chart-3" => Chart1;
    /// Line of a chart.
    Chart4 = "chart-4" => Chart1;
    /// Line of a chart.
    Chart5 = "chart-5" => Chart1;
    /// Line of a chart.
    Chart6 = "chart-6" => Chart1;
}
