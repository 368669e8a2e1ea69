//! `${data.x}`, `${form.x}`, `${screen.ID.data.x}`, `${screen.ID.form.x}`.

/// Steps from the screen's data to the value.
const STEPS_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// As it is written, with `${` and `}`.
    pub(crate) text: String,
    /// Of another screen; None: of the screen on which it stands.
    pub(crate) screen: Option<String>,
    pub(crate) source: Source,
    /// The name of a field or component, then perhaps properties of its value. Never empty.
    pub(crate) path: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Data,
    Form,
}

impl Reference {
    /// A reference that is the whole of `text`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix("${")?.strip_suffix('}')?;
        if inner.contains(['{', '}', '$', '`', '\'']) || inner.contains(char::is_whitespace) {
            return None;
        }
        let mut steps = inner.split('.');
        let (screen, source) = match steps.next()? {
            "screen" => (Some(steps.next().filter(|id| !id.is_empty())?.to_owned()), steps.next()?),
            source => (None, source),
        };
        let source = match source {
            "data" => Source::Data,
            "form" => Source::Form,
            _ => return None,
        };
        let path: Vec<String> = steps.map(str::to_owned).collect();
        let whole = !path.is_empty() && path.len() <= STEPS_MAX && path.iter().all(|step| !step.is_empty());
        whole.then(|| Self { text: text.to_owned(), screen, source, path })
    }

    pub(crate) fn name(&self) -> &str {
        &self.path[0]
    }
}
