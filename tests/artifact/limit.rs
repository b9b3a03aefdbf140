//! The limit on an archive's size, and errors while archiving.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use peak_press::{Artifact, ArtifactError};

use crate::helpers::*;

#[test]
fn the_limit_is_exact_to_the_byte() {
    let folder = folder(&[
        ("a", &noise(1, 300_000)),
        ("b/c", &[b'x'; 200_000]),
        ("b/d", &noise(2, 10)),
        ("e", &noise(3, 70_000)),
    ]);
    for format in FORMATS {
        for threads in [1, 3] {
            let artifact = Artifact::dir(folder.path()).format(format).threads(threads);
            let size = archive(&artifact).unwrap().len() as u64;
            let at_limit = archive(&artifact.clone().max_size(size)).unwrap();
            assert_eq!(at_limit.len() as u64, size);

            for max_size in [0, 1, 1000, 100_000, 300_000, size - 1] {
                let error = archive(&artifact.clone().max_size(max_size)).unwrap_err();
                let error = artifact_error(error);
                let ArtifactError::TooLarge { limit, reached, .. } = error else {
                    panic!("{error:?}");
                };
                assert_eq!(limit, max_size);
                assert!(reached > limit);
            }
        }
    }
}

#[test]
fn the_default_limit_is_10_mib() {
    let folder = folder(&[
        ("a", &noise(1, 6 << 20)),
        ("b", &noise(2, 5 << 20)),
        ("c", b"small"),
    ]);
    let error = archive(&Artifact::dir(folder.path())).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("10485760"), "{text}");
    assert!(text.contains(".dockerignore"), "{text}");
    assert!(
        text.contains("a (6291456 bytes), b (5242880 bytes)"),
        "{text}"
    );

    fs::remove_file(folder.path().join("b")).unwrap();
    assert!(archive(&Artifact::dir(folder.path()).max_size(u64::MAX)).is_ok());
}

#[test]
fn a_huge_folder_fails_as_soon_as_the_limit_is_reached() {
    let folder = folder(&[("z", b"")]);
    // Sparse files of terabytes, which would take years to read.
    for name in ["a", "b", "c"] {
        let file = File::create(folder.path().join(name)).unwrap();
        if file.set_len(1 << 42).is_err() {
            eprintln!("skipped: the file system has no files of this size");
            return;
        }
    }
    let artifact = Artifact::dir(folder.path()).max_size(5000).threads(2);
    for error in archive_errors(&artifact) {
        let ArtifactError::TooLarge {
            reached, largest, ..
        } = error
        else {
            panic!("{error:?}");
        };
        assert!((5001..200_000).contains(&reached), "{reached}");
        assert_eq!(largest[0], (PathBuf::from("a"), 1 << 42));
    }
}

#[test]
fn the_error_lists_the_five_largest_files() {
    let sizes = [5, 7000, 20, 9000, 1, 800, 60_000];
    let files: Vec<_> = (sizes.iter().enumerate())
        .map(|(index, size)| (index.to_string(), noise(index as u64, *size)))
        .collect();
    let folder = folder_of(&files);
    for error in archive_errors(&Artifact::dir(folder.path()).max_size(70_000)) {
        let ArtifactError::TooLarge { largest, .. } = error else {
            panic!("{error:?}");
        };
        let expected = [
            ("6", 60_000),
            ("3", 9000),
            ("1", 7000),
            ("5", 800),
            ("2", 20),
        ];
        assert_eq!(
            largest,
            expected.map(|(name, size)| (PathBuf::from(name), size))
        );
    }
}

#[cfg(unix)]
#[test]
fn any_number_of_threads_reports_the_same_error() {
    let files: Vec<_> = (0..50)
        .map(|index| (format!("{index:02}"), noise(index, 5000)))
        .collect();
    let folder = folder_of(&files);
    write(folder.path(), "25\\", b"");
    for threads in [0, 1, 2, 8] {
        let artifact = Artifact::dir(folder.path()).threads(threads);
        let error = artifact_error(archive(&artifact).unwrap_err());
        assert_unusable([error], "25\\", "\\");
    }
}

#[test]
fn a_failing_writer_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let folder = folder(&[("a", b"")]);
    let error = artifact_error(Artifact::dir(folder.path()).write_to(Full).unwrap_err());
    let ArtifactError::Write { source, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
}
