//! Enums with names: one table per enum serves the command line, the files and the window.

/// Gives an enum without payload `ALL`, `name`, `from_name` and `Display`.
macro_rules! named {
    ($type:ident { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every choice, in the order it is offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used on the command line, in files and in the window.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The choice of that name, if there is one.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.name() == name)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use named;
