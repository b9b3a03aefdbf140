//! The names of the API's rules. The table in `files.md` has a row for each.

/// The name of a rule, as in [`Problem::rule`](super::Problem::rule).
#[derive(Clone, Copy)]
pub(crate) struct Rule(&'static str);

impl Rule {
    pub(super) fn name(self) -> &'static str {
        self.0
    }
}

pub(super) const AUTH: Rule = Rule("auth");
pub(super) const BLANK_NAME: Rule = Rule("blank-name");
pub(super) const CRON: Rule = Rule("cron");
pub(super) const DUPLICATE_NAME: Rule = Rule("duplicate-name");
pub(super) const HIDDEN_VALUE: Rule = Rule("hidden-value");
pub(super) const IMAGE_REFERENCE: Rule = Rule("image-reference");
pub(super) const INHERIT: Rule = Rule("inherit");
pub(super) const KIND: Rule = Rule("kind");
pub(super) const KNOWN_KEY: Rule = Rule("known-key");
pub(super) const KNOWN_VALUE: Rule = Rule("known-value");
pub(super) const LIMITS: Rule = Rule("limits");
pub(super) const ONE_IMAGE: Rule = Rule("one-image");
pub(super) const ONE_QUERY: Rule = Rule("one-query");
pub(super) const ONE_TRIGGER: Rule = Rule("one-trigger");
pub(super) const ONE_WATCHER: Rule = Rule("one-watcher");
pub(super) const PARAMETER_CONDITION: Rule = Rule("parameter-condition");
pub(super) const PARAMETER_REFERENCE: Rule = Rule("parameter-reference");
pub(super) const PARAMETER_VALUE: Rule = Rule("parameter-value");
pub(super) const SEMANTIC_VERSION: Rule = Rule("semantic-version");
pub(super) const SPEC_VERSION: Rule = Rule("spec-version");
pub(super) const STEP_CYCLE: Rule = Rule("step-cycle");
pub(super) const STEP_REFERENCE: Rule = Rule("step-reference");
pub(super) const STORAGE: Rule = Rule("storage");
pub(super) const TENANTS: Rule = Rule("tenants");
pub(super) const WEB_APP: Rule = Rule("web-app");

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_lists_every_rule() {
        let rules = include_str!("rule.rs").lines();
        let rules: Vec<_> = rules
            .filter_map(|line| line.strip_suffix("\");")?.split_once(" = Rule(\""))
            .map(|(_, name)| name)
            .collect();
        assert!(rules.is_sorted(), "{rules:?}");
        let section = include_str!("../files.md").split("\n# ");
        let section = { section }.find(|section| section.starts_with("Problems\n"));
        let rows = section.unwrap().lines();
        let mut documented: Vec<_> = rows
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .map(|(name, _)| name)
            .collect();
        documented.sort_unstable();
        assert_eq!(documented, rules);
    }
}
