//! How setters convert their arguments.

/// Collects a map from names and values of any types that convert into its own.
pub(super) fn entries<M: FromIterator<(String, V)>, V>(
    entries: impl IntoIterator<Item = (impl Into<String>, impl Into<V>)>,
) -> M {
    let entries = entries.into_iter();
    entries
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}
