use super::*;

#[test]
fn each_is_documented() {
    for function in TABLE_FUNCTIONS {
        let query = function.example.trim().strip_prefix("> ").unwrap();
        assert!(query.contains(&format!("FROM {}('", function.name)), "{query}");
        assert!(function.description.ends_with('.') && !function.argument.1.is_empty());
    }
}

#[test]
fn too_much_to_follow_is_said() {
    let most = credentials::MOST_CREDENTIALS;
    assert!(credentials::limit(most).is_ok());
    let error = Error::from(credentials::limit(most + 1).unwrap_err());
    assert_eq!(error.to_string(), "more than 50000 credentials are involved, too many to follow");
    assert!(error.hint().is_some());
}
