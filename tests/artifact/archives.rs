//! The content of archives: entries, their order, and bytes that depend only on the folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::Command;
use std::time::{Duration, SystemTime};

use peak_press::{Artifact, ArtifactFormat};

use crate::helpers::*;

const TREE: [(&str, &[u8]); 9] = [
    ("Dockerfile", b"FROM scratch\n"),
    ("a-b", b"before the folder a/, because - is less than /"),
    ("a.txt", b""),
    ("a/x/1", b"one"),
    ("a/x/2", b"two two two two two two"),
    ("a/y", b"y"),
    ("a0", b"after the folder a/"),
    ("\u{e9}/\u{65e5}\u{672c}", b"\xff\x00"),
    (".hidden/b", b"b"),
];

#[test]
fn contains_the_files_and_the_folders_that_contain_a_file() {
    let folder = folder(&TREE);
    fs::create_dir_all(folder.path().join("empty/too")).unwrap();
    write(folder.path(), "ignored/all", b"");
    write(folder.path(), "a/z/all", b"");
    write(folder.path(), ".rules", b"all\n.rules");
    let artifact = Artifact::dir(folder.path()).ignore_file(".rules");
    for format in FORMATS {
        let contents = read_back(&artifact, format);
        assert_eq!(
            contents.names,
            [
                ".hidden/",
                ".hidden/b",
                "Dockerfile",
                "a-b",
                "a.txt",
                "a/",
                "a/x/",
                "a/x/1",
                "a/x/2",
                "a/y",
                "a0",
                "é/",
                "é/日本",
            ]
        );
        for (name, content) in TREE {
            assert_eq!(*contents.entry(name), file_entry(0o644, content), "{name}");
        }
        assert_eq!(contents.entry("a/x/").mode, 0o040_755);
        assert_eq!(contents.entry("a/x/").content, b"");
    }
}

#[test]
fn a_folder_without_files_makes_an_archive_without_entries() {
    let folder = folder(&[]);
    fs::create_dir_all(folder.path().join("a/b")).unwrap();
    let artifact = Artifact::dir(folder.path());
    assert_eq!(paths(&artifact), [""; 0]);
    for format in FORMATS {
        assert_eq!(read_back(&artifact, format).names, [""; 0]);
    }
    assert_eq!(archive(&artifact).unwrap().len(), 22);
}

#[test]
fn files_are_listed_in_the_order_of_the_archive() {
    let folder = folder(&TREE);
    let artifact = Artifact::dir(folder.path());
    let listed = paths(&artifact);
    assert!(listed.is_sorted(), "{listed:?}");
    for format in FORMATS {
        let mut names = read_back(&artifact, format).names;
        names.retain(|name| !name.ends_with('/'));
        assert_eq!(names, listed);
    }
}

#[test]
fn files_are_listed_with_their_sizes() {
    let folder = folder(&TREE);
    let files = Artifact::dir(folder.path()).files().unwrap();
    let sizes: BTreeMap<_, _> = files.iter().map(|f| (f.path.as_str(), f.size)).collect();
    let expected = TREE.map(|(name, content)| (name, content.len() as u64));
    assert_eq!(sizes, BTreeMap::from(expected));
}

#[test]
fn the_bytes_of_a_zip_are_fixed() {
    let folder = folder(&[("d/é", b"hi")]);
    let bytes = archive(&Artifact::dir(folder.path())).unwrap();
    let expected: Vec<&[u8]> = vec![
        // Folder: version 2.0, no flags, stored, 00:00:00 on 1980-01-01, no content.
        b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0d/",
        // File: the name is UTF-8, deflate; checksum and sizes.
        b"PK\x03\x04\x14\0\0\x08\x08\0\0\0\x21\0\xac\x2a\x93\xd8\x04\0\0\0\x02\0\0\0",
        b"\x04\0\0\0d/\xc3\xa9\xcb\xc8\x04\0",
        // Central directory: made on Unix; 0o040755 and the folder bit; 0o100644.
        b"PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0",
        b"\0\0\x10\0\xed\x41\0\0\0\0d/",
        b"PK\x01\x02\x14\x03\x14\0\0\x08\x08\0\0\0\x21\0\xac\x2a\x93\xd8\x04\0\0\0\x02\0\0\0",
        b"\x04\0\0\0\0\0\0\0\0\0\0\0\xa4\x81\x20\0\0\0d/\xc3\xa9",
        b"PK\x05\x06\0\0\0\0\x02\0\x02\0\x62\0\0\0\x46\0\0\0\0\0",
    ];
    assert_eq!(
        bytes.escape_ascii().to_string(),
        expected.concat().escape_ascii().to_string()
    );
}

#[test]
fn an_entry_of_a_zip_adds_76_bytes_and_twice_its_name() {
    let folder = folder(&[("a", b""), ("b/c", b"")]);
    let bytes = archive(&Artifact::dir(folder.path())).unwrap();
    let (end, empty_deflate) = (22, 2);
    let names = 2 * ("a".len() + "b/".len() + "b/c".len());
    assert_eq!(bytes.len(), end + 3 * 76 + names + 2 * empty_deflate);
}

#[test]
fn a_gzip_header_has_neither_name_nor_time() {
    let folder = folder(&[("a", b"hi")]);
    let artifact = Artifact::dir(folder.path()).format(ArtifactFormat::TarGz);
    let bytes = archive(&artifact).unwrap();
    assert_eq!(bytes[..8], *b"\x1f\x8b\x08\0\0\0\0\0");
}

/// Sixty files of many sizes in folders, some parts compressible and some not.
fn mixed_files() -> Vec<(String, Vec<u8>)> {
    (0..60_u64)
        .map(|index| {
            let mut content = noise(index, 60 * index as usize);
            content.extend(vec![b'a' + (index % 7) as u8; 1500 * index as usize]);
            (format!("{}/{}/{index}", index % 3, index % 5), content)
        })
        .collect()
}

#[test]
fn equal_folders_give_equal_archives_with_any_number_of_threads() {
    let mut files = mixed_files();
    let folder = folder_of(&files);
    // The same files, created in reverse order and with another time.
    files.reverse();
    let copy = folder_of(&files);
    for (name, _) in &files {
        let file = File::options()
            .append(true)
            .open(copy.path().join(name))
            .unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000))
            .unwrap();
    }

    for format in FORMATS {
        let artifact = Artifact::dir(folder.path()).format(format);
        let bytes = archive(&artifact).unwrap();
        for threads in [1, 2, 3, 16] {
            assert!(bytes == archive(&artifact.clone().threads(threads)).unwrap());
            let copy = Artifact::dir(copy.path()).format(format).threads(threads);
            assert!(bytes == archive(&copy).unwrap());
        }
    }
}

#[test]
fn unzip_and_tar_accept_the_archives() {
    let folder = folder_of(&mixed_files());
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("archive");
    let check = |format, program: &str, option: &str| {
        let artifact = Artifact::dir(folder.path()).format(format);
        fs::write(&path, archive(&artifact).unwrap()).unwrap();
        match Command::new(program).arg(option).arg(&path).output() {
            Ok(output) => assert!(output.status.success(), "{output:?}"),
            Err(error) => eprintln!("skipped: {program}: {error}"),
        }
    };
    check(ArtifactFormat::Zip, "unzip", "-tq");
    check(ArtifactFormat::TarGz, "tar", "-tzf");
}

#[test]
fn more_files_than_fit_in_the_queue_are_archived_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..1500 {
        fs::write(folder.path().join(format!("{index:04}")), index.to_string()).unwrap();
    }
    let artifact = Artifact::dir(folder.path()).threads(3);
    let contents = read_back(&artifact, ArtifactFormat::Zip);
    assert_eq!(contents.names.len(), 1500);
    assert!(contents.names.is_sorted());
    assert_eq!(contents.entry("1499").content, b"1499");
}
