//! Which contacts a pass is about. Rows of a contact depend on its own events alone, so any set of contacts can be folded and
//! compared by itself, and a project that does not fit into memory is done in several passes.

use contract::ContactId;
use foldhash::HashSet;

use super::layout::Layout;

/// Contacts of one project.
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    /// Ids from `from` on and before `until`. The range without a beginning also holds what names nobody, and ids that are none.
    Range { from: Option<ContactId>, until: Option<ContactId> },
    /// This one, of a project of which every event is read: whose a message is, the others' events say too.
    One(ContactId),
    /// These. Their texts, as far as the tables are concerned, are in the temporary table [`NAMED`].
    Named { contacts: HashSet<ContactId>, unassigned: bool },
}

/// Where the texts of [`Scope::Named`] are.
pub(crate) const NAMED: &str = "pg_temp.paige_named";

impl Scope {
    pub(crate) const ALL: Self = Self::Range { from: None, until: None };

    /// Whether an event or row of that contact belongs to it; `None`: of what names nobody.
    pub(crate) fn holds(&self, contact: Option<ContactId>) -> bool {
        match (self, contact) {
            (Self::Range { from, .. }, None) => from.is_none(),
            (Self::Range { from, until }, Some(contact)) => {
                from.is_none_or(|from| contact >= from) && until.is_none_or(|until| contact < until)
            }
            (Self::One(_), None) => false,
            (Self::One(one), Some(contact)) => contact == *one,
            (Self::Named { unassigned, .. }, None) => *unassigned,
            (Self::Named { contacts, .. }, Some(contact)) => contacts.contains(&contact),
        }
    }

    /// Whether it is the first part of a project, for which every event is read.
    pub(crate) fn is_first(&self) -> bool {
        match self {
            Self::Range { from, .. } => from.is_none(),
            Self::One(_) | Self::Named { .. } => true,
        }
    }

    /// Whether it is less than the whole project.
    pub(crate) fn is_part(&self) -> bool {
        !matches!(self, Self::Range { from: None, until: None })
    }

    /// The lower half, which stays, and the upper one, for another pass. `None` when there is nothing to halve.
    pub(crate) fn halve(&self) -> Option<(Self, Self)> {
        let Self::Range { from, until } = self else { return None };
        let low = from.map_or(0, |from| from.ulid().0);
        let high = until.map_or(u128::MAX, |until| until.ulid().0);
        let middle = ContactId::from_ulid((low + (high - low) / 2).into());
        (middle.ulid().0 > low)
            .then(|| (Self::Range { from: *from, until: Some(middle) }, Self::Range { from: Some(middle), until: *until }))
    }

    /// The condition on a table's rows; `Some("")` for every row, `None` for none.
    pub(crate) fn condition(&self, layout: &Layout) -> Option<String> {
        let Some(column) = layout.contact.map(|index| layout.column(index)) else {
            return self.holds(None).then(String::new);
        };
        let condition = match self {
            Self::Range { from: None, until: None } => String::new(),
            Self::Range { from: Some(from), until: None } => format!(" WHERE {column} COLLATE \"C\" >= '{from}'"),
            Self::Range { from: None, until: Some(until) } => format!(" WHERE {column} COLLATE \"C\" < '{until}'"),
            Self::Range { from: Some(from), until: Some(until) } => {
                format!(" WHERE {column} COLLATE \"C\" >= '{from}' AND {column} COLLATE \"C\" < '{until}'")
            }
            Self::One(contact) => format!(" WHERE {column} = '{contact}'"),
            Self::Named { .. } => format!(" WHERE {column} IN (SELECT contact FROM {NAMED})"),
        };
        Some(condition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contact_is_in_exactly_one_half() {
        let mut scopes = vec![Scope::ALL];
        for _ in 0..4 {
            scopes = scopes.iter().filter_map(Scope::halve).flat_map(|(low, high)| [low, high]).collect();
        }
        assert_eq!(scopes.len(), 16);
        for bits in [0, 1, u128::MAX / 2, u128::MAX / 2 + 1, u128::MAX / 3, u128::MAX - 1, u128::MAX] {
            let contact = ContactId::from_ulid(bits.into());
            assert_eq!(scopes.iter().filter(|scope| scope.holds(Some(contact))).count(), 1, "{contact}");
        }
        assert_eq!(scopes.iter().filter(|scope| scope.holds(None)).count(), 1);
    }
}
