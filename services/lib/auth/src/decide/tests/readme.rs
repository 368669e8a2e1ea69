//! README's table of scopes, row by row.

use chassis::SCOPES;
use testbed::{ScopeRow, scopes_of_readme};

use super::*;

#[test]
fn a_role_allows_what_readme_says() {
    let mut log = world();
    log.workspace(1, granted(2, &SCOPES));
    let table = scopes_of_readme();
    for row in &table {
        let ScopeRow { scope, owner, admin, member, key: _ } = *row;
        for (who, says) in [(OWNER, owner), (ADMIN, admin), (MEMBER, member)] {
            let (in_workspace, in_project) = match says {
                "yes" => (YES, None),
                "no" => (NO, Some(NO)),
                "if granted" => (NO, Some(YES)),
                other => panic!("{row:?}: what is {other:?}?"),
            };
            check(&log, session(who), scope, Some(1), None, in_workspace);
            if let Some(in_project) = in_project {
                check(&log, session(who), scope, None, Some(2), in_project);
            }
        }
    }
    let named: Vec<&str> = table.iter().map(|row| row.scope).collect();
    assert_eq!(named, [&SCOPES[..], &[DEV][..]].concat());
}
