//! README's table of scopes, with which each crate compares its part of the rules.

/// Who has a scope, in the words of the table: `yes`, `no`, `if granted`, `if listed`.
#[derive(Debug, Clone, Copy)]
pub struct ScopeRow {
    pub scope: &'static str,
    pub owner: &'static str,
    pub admin: &'static str,
    pub member: &'static str,
    pub key: &'static str,
}

/// Every scope, in the order of the table.
pub fn scopes_of_readme() -> Vec<ScopeRow> {
    let table = include_str!("../../../../README.md").lines().skip_while(|line| !line.starts_with("| Scope |")).skip(2);
    let rows = table.take_while(|line| line.starts_with('|')).flat_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [scopes, _, owner, admin, member, key] = cells[..] else { panic!("{line}: not as the others") };
        scopes.split(' ').map(move |scope| ScopeRow { scope: scope.trim_matches('`'), owner, admin, member, key })
    });
    rows.collect()
}
