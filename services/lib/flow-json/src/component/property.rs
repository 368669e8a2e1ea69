//! One property of a component: its name and what may stand there.

use crate::Version;

pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) since: Version,
    /// Inside a Form, the Form's own `init-values` and `error-messages` take its place.
    pub(crate) outside_form: bool,
}

/// What may stand as a value. Unless said otherwise a reference may stand there too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Characters at most.
    Text(usize),
    /// One text or several, characters of all at most.
    Texts(usize),
    /// The name of an input: text, no reference.
    Name,
    Bool,
    /// Whole number between these.
    Whole(u32, u32),
    /// Any number that is not negative.
    Decimal,
    /// One of these.
    Choice(&'static [&'static str]),
    /// `YYYY-MM-DD`.
    Date,
    Dates,
    /// So many options, and so many if one of them has an image.
    Options {
        min: usize,
        max: usize,
        with_images_max: usize,
    },
    Action(&'static [Action]),
    /// Components, at least so many. No reference.
    Components(usize),
    /// A map from values to components. No reference.
    Cases,
    Condition,
    /// What a Switch looks at: a reference, never a literal.
    Subject,
    /// What an input shows at first: of the type that it gives.
    InitValue,
    /// The same for all inputs of a Form, by name.
    InitValues,
    ErrorMessages,
    /// Base64 of a JPEG or PNG that stands on a screen.
    Picture,
    /// Base64 of an image beside an option.
    Thumbnail,
    /// A six-digit hexadecimal colour.
    Colour,
    TextList,
    /// A regular expression.
    Pattern,
    /// A list of so many, which are not judged one by one.
    Items(usize, usize),
    /// Known, but not judged here.
    Unjudged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Navigate,
    Complete,
    DataExchange,
    UpdateData,
    OpenUrl,
}

impl Action {
    pub(crate) const ALL: [Self; 5] = [Self::Complete, Self::DataExchange, Self::Navigate, Self::OpenUrl, Self::UpdateData];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Navigate => "navigate",
            Self::Complete => "complete",
            Self::DataExchange => "data_exchange",
            Self::UpdateData => "update_data",
            Self::OpenUrl => "open_url",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    pub(crate) fn since(self) -> Version {
        match self {
            Self::UpdateData | Self::OpenUrl => Version::of(6, 0),
            Self::Navigate | Self::Complete | Self::DataExchange => Version::of(2, 1),
        }
    }
}

/// A property that need not be there.
pub(super) const fn may(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, required: false, since: Version::of(2, 1), outside_form: false }
}

/// A property that must be there.
pub(super) const fn must(name: &'static str, kind: Kind) -> Property {
    Property { required: true, ..may(name, kind) }
}

impl Property {
    pub(super) const fn since(self, major: u8, minor: u8) -> Self {
        Self { since: Version::of(major, minor), ..self }
    }

    pub(super) const fn outside_form(self) -> Self {
        Self { outside_form: true, ..self }
    }
}
