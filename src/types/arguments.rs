//! What setters make of their arguments.

/// A map of entries whose names and values are given as whatever converts into them.
pub(super) fn entries<M: FromIterator<(String, V)>, V>(
    entries: impl IntoIterator<Item = (impl Into<String>, impl Into<V>)>,
) -> M {
    let entries = entries.into_iter();
    entries
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}
