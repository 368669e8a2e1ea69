//! README's table of scopes, row by row.

use chassis::SCOPES;

use super::*;

#[test]
fn a_role_allows_what_readme_says() {
    let mut log = world();
    log.workspace(1, granted(2, &SCOPES));
    let table = include_str!("../../../../../../README.md").lines().skip_while(|line| !line.starts_with("| Scope |")).skip(2);
    let mut named = Vec::new();
    for row in table.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [scopes, _, owner, admin, member, _] = cells[..] else { panic!("{row}: not as the others") };
        for scope in scopes.split(' ').map(|scope| scope.trim_matches('`')) {
            for (who, says) in [(OWNER, owner), (ADMIN, admin), (MEMBER, member)] {
                let (in_workspace, in_project) = match says {
                    "yes" => (YES, None),
                    "no" => (NO, Some(NO)),
                    "if granted" => (NO, Some(YES)),
                    other => panic!("{row}: what is {other:?}?"),
                };
                check(&log, session(who), scope, Some(1), None, in_workspace);
                if let Some(in_project) = in_project {
                    check(&log, session(who), scope, None, Some(2), in_project);
                }
            }
            named.push(scope);
        }
    }
    assert_eq!(named, [&SCOPES[..], &[DEV][..]].concat());
}
