//! Artifacts: odd folders, limits, the archives themselves, and the form in files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use peak_press::{Artifact, ArtifactError, ArtifactFormat, Error};
use tempfile::TempDir;

const FORMATS: [ArtifactFormat; 2] = [ArtifactFormat::Zip, ArtifactFormat::TarGz];

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(folder.path(), name, content);
    }
    folder
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn names(artifact: &Artifact) -> Vec<String> {
    let files = artifact.files().unwrap();
    files.into_iter().map(|file| file.path).collect()
}

fn archive(artifact: &Artifact) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let size = artifact.write_to(&mut bytes)?;
    assert_eq!(size, bytes.len() as u64);
    Ok(bytes)
}

/// The error of an archive, which leaves nothing written, in every format.
fn archive_errors(artifact: &Artifact) -> [ArtifactError; 2] {
    FORMATS.map(|format| {
        let mut bytes = Vec::new();
        let artifact = artifact.clone().format(format);
        let error = artifact.write_to(&mut bytes).unwrap_err();
        assert_eq!(bytes, b"", "{format:?}");
        artifact_error(error)
    })
}

/// The errors of a folder that can be neither listed nor archived.
fn errors(artifact: &Artifact) -> [ArtifactError; 3] {
    let [zip, tar] = archive_errors(artifact);
    [artifact_error(artifact.files().unwrap_err()), zip, tar]
}

fn artifact_error(error: Error) -> ArtifactError {
    match error {
        Error::Artifact(error) => *error,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_unusable(errors: impl IntoIterator<Item = ArtifactError>, name: &str, why: &str) {
    for error in errors {
        let ArtifactError::Unusable { path, message, .. } = &error else {
            panic!("{error:?}");
        };
        assert!(path.ends_with(name), "{path:?}");
        assert!(message.contains(why), "{message}");
    }
}

#[track_caller]
fn assert_unreadable(errors: impl IntoIterator<Item = ArtifactError>, name: &str) {
    for error in errors {
        assert!(error.to_string().contains(name), "{error}");
        let ArtifactError::Unreadable { path, .. } = &error else {
            panic!("{error:?}");
        };
        assert!(path.ends_with(name), "{path:?}");
    }
}

/// What an archive holds: for each name the mode and the content.
type Entries = BTreeMap<String, (u32, Vec<u8>)>;

fn unzip(bytes: &[u8]) -> (Vec<String>, Entries) {
    let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
    let (mut order, mut entries) = (Vec::new(), Entries::new());
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let mut content = Vec::new();
        // This checks the CRC too.
        entry.read_to_end(&mut content).unwrap();
        let name = String::from_utf8(entry.name_raw().to_vec()).unwrap();
        assert_eq!(entry.name().unwrap(), name);
        order.push(name.clone());
        let twice = entries.insert(name, (entry.unix_mode().unwrap(), content));
        assert!(twice.is_none());
    }
    (order, entries)
}

fn untar(bytes: &[u8]) -> (Vec<String>, Entries) {
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
    let (mut order, mut entries) = (Vec::new(), Entries::new());
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        let (mtime, uid, gid) = {
            let header = entry.header();
            (
                header.mtime().unwrap(),
                header.uid().unwrap(),
                header.gid().unwrap(),
            )
        };
        assert_eq!((mtime, uid, gid), (0, 0, 0));
        let kind = match entry.header().entry_type() {
            tar::EntryType::Directory => 0o040_000,
            tar::EntryType::Regular => 0o100_000,
            other => panic!("{other:?}"),
        };
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        order.push(name.clone());
        let mode = kind | entry.header().mode().unwrap();
        let twice = entries.insert(name, (mode, content));
        assert!(twice.is_none());
    }
    (order, entries)
}

fn read_back(artifact: &Artifact, format: ArtifactFormat) -> (Vec<String>, Entries) {
    let bytes = archive(&artifact.clone().format(format)).unwrap();
    match format {
        ArtifactFormat::Zip => unzip(&bytes),
        _ => untar(&bytes),
    }
}

/// Bytes that do not compress.
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(size).collect()
}

// ---- Folders and ignore files that cannot be used

#[test]
fn what_is_no_folder_is_refused() {
    let folder = folder(&[("file", b"")]);
    let here = std::env::current_dir().unwrap();
    for (path, why) in [
        (folder.path().join("none"), "there is no such folder".into()),
        (
            PathBuf::from("none"),
            format!(
                "there is no such folder in the current directory, {} (see relative_to)",
                here.display()
            ),
        ),
        (
            folder.path().join("file"),
            "an artifact is made of a folder, and this is none".into(),
        ),
        (
            PathBuf::new(),
            "the path is empty; `.` is the current directory".into(),
        ),
    ] {
        for error in errors(&Artifact::dir(&path)) {
            assert_eq!(
                error.to_string(),
                format!("artifact {}: {why}", path.display())
            );
            match error {
                ArtifactError::NotAFolder { path: named, .. } => assert_eq!(named, path),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn an_ignore_file_must_be_a_text_file_in_the_folder() {
    let folder = folder(&[("sub/rules", b"a"), ("latin", b"caf\xe9"), ("a", b"")]);
    let outside = folder.path().join("a");
    for (name, why) in [
        ("none", "there is none"),
        ("sub", "not a file"),
        ("sub/rules", "directly in"),
        ("../rules", "directly in"),
        ("", "directly in"),
        (".", "directly in"),
        (outside.to_str().unwrap(), "directly in"),
        ("latin", "not UTF-8"),
    ] {
        for error in errors(
            &Artifact::dir(folder.path())
                .ignore_file("a")
                .ignore_file(name),
        ) {
            let text = error.to_string();
            assert!(text.contains(name) && text.contains(why), "{text}");
            assert!(
                matches!(error, ArtifactError::IgnoreFile { .. }),
                "{error:?}"
            );
        }
    }
    assert_eq!(
        names(&Artifact::dir(folder.path()).ignore_file("./a")).len(),
        3
    );

    fs::create_dir(folder.path().join(".dockerignore")).unwrap();
    let error = artifact_error(Artifact::dir(folder.path()).files().unwrap_err());
    assert!(
        matches!(error, ArtifactError::IgnoreFile { .. }),
        "{error:?}"
    );
}

#[test]
fn a_default_ignore_file_that_is_not_there_is_none() {
    let folder = folder(&[("a", b"")]);
    assert_eq!(names(&Artifact::dir(folder.path())), ["a"]);
}

#[cfg(unix)]
#[test]
fn a_relative_path_works_with_a_default_ignore_file() {
    let folder = folder(&[(".dockerignore", b"b"), ("a", b""), ("b", b"")]);
    let here = std::env::current_dir().unwrap().canonicalize().unwrap();
    let mut relative: PathBuf = here.iter().skip(1).map(|_| "..").collect();
    relative.push(
        folder
            .path()
            .canonicalize()
            .unwrap()
            .strip_prefix("/")
            .unwrap(),
    );
    assert!(relative.is_relative());

    for path in [relative.clone(), relative.join("."), relative.join("")] {
        let artifact = Artifact::dir(path);
        assert_eq!(names(&artifact), [".dockerignore", "a"]);
        assert_eq!(
            read_back(&artifact, ArtifactFormat::Zip).0,
            [".dockerignore", "a"]
        );
    }
}

#[test]
fn a_path_can_be_made_relative_to_another_folder() {
    let folder = folder(&[("app/a", b"")]);
    let artifact = Artifact::dir("app").relative_to(folder.path());
    assert_eq!(names(&artifact), ["a"]);
    assert_eq!(artifact.path(), folder.path().join("app"));
    assert_eq!(artifact.clone().relative_to("elsewhere"), artifact);
}

// ---- Odd things in folders

#[cfg(unix)]
mod odd {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_link_back_is_an_error_unless_it_is_ignored() {
        let folder = folder(&[("a/b/c", b"")]);
        symlink("../..", folder.path().join("a/b/up")).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_unusable(errors(&artifact), "a/b/up", "link back");

        assert_eq!(names(&artifact.clone().follow_links(false)), ["a/b/c"]);
        for rules in ["up", "up/", "/a/b/up", "a/b/u*", "!x\nup"] {
            write(folder.path(), ".dockerignore", rules.as_bytes());
            assert_eq!(names(&artifact), [".dockerignore", "a/b/c"], "{rules}");
        }
        write(folder.path(), ".dockerignore", b"up\n!up/a/b/c");
        assert_unusable(errors(&artifact), "a/b/up", "link back");
    }

    #[test]
    fn links_that_go_round_or_nowhere_are_errors_unless_they_are_ignored() {
        let folder = folder(&[("a", b"")]);
        let artifact = Artifact::dir(folder.path());
        symlink("none", folder.path().join("l")).unwrap();
        assert_unusable(errors(&artifact), "l", "link to nothing");
        assert_eq!(names(&artifact.clone().follow_links(false)), ["a"]);

        write(folder.path(), "rules", b"l");
        assert_eq!(
            names(&artifact.clone().ignore_file("rules")),
            ["a", "rules"]
        );

        fs::remove_file(folder.path().join("l")).unwrap();
        symlink("l", folder.path().join("l")).unwrap();
        assert_unreadable(errors(&artifact), "l");
        assert_eq!(
            names(&artifact.clone().ignore_file("rules")),
            ["a", "rules"]
        );
    }

    #[test]
    fn links_are_followed_out_of_the_folder_or_left_out() {
        let outside = folder(&[("x/y", b"content"), ("z", b"more")]);
        let folder = folder(&[("b", b"")]);
        symlink(outside.path().join("x"), folder.path().join("a")).unwrap();
        symlink(outside.path().join("z"), folder.path().join("c")).unwrap();
        let artifact = Artifact::dir(folder.path());
        for format in FORMATS {
            let (order, entries) = read_back(&artifact, format);
            assert_eq!(order, ["a/", "a/y", "b", "c"]);
            assert_eq!(entries["a/y"], (0o100_644, b"content".to_vec()));
            assert_eq!(entries["c"], (0o100_644, b"more".to_vec()));
            let artifact = artifact.clone().follow_links(false);
            assert_eq!(read_back(&artifact, format).0, ["b"]);
        }

        let link = outside.path().join("folder");
        symlink(folder.path(), &link).unwrap();
        assert_eq!(names(&Artifact::dir(&link)), ["a/y", "b", "c"]);
        assert_eq!(names(&Artifact::dir(&link).follow_links(false)), ["b"]);
    }

    #[test]
    fn links_that_multiply_come_to_an_end() {
        let folder = folder(&[]);
        for step in 0..16 {
            let below = folder.path().join(format!("{step}"));
            fs::create_dir(&below).unwrap();
            symlink(format!("../{}", step + 1), below.join("a")).unwrap();
            symlink(format!("../{}", step + 1), below.join("b")).unwrap();
        }
        fs::create_dir(folder.path().join("16")).unwrap();
        let error = artifact_error(Artifact::dir(folder.path()).files().unwrap_err());
        assert!(error.to_string().contains("through links"), "{error}");
        assert_eq!(
            names(&Artifact::dir(folder.path()).follow_links(false)),
            [""; 0]
        );
    }

    #[test]
    fn what_cannot_be_read_is_an_error_unless_it_is_ignored() {
        let folder = folder(&[("a", b""), ("file", b""), ("folder/b", b"")]);
        let artifact = Artifact::dir(folder.path());
        let forbid = |name: &str| {
            let path = folder.path().join(name);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
            path
        };

        let path = forbid("file");
        if File::open(&path).is_ok() {
            eprintln!("this user may read all files: not tested");
            return;
        }
        assert_eq!(names(&artifact), ["a", "file", "folder/b"]);
        assert_unreadable(archive_errors(&artifact), "file");
        fs::remove_file(path).unwrap();

        let path = forbid("folder");
        assert_unreadable(errors(&artifact), "folder");
        write(folder.path(), ".dockerignore", b"folder");
        assert_eq!(names(&artifact), [".dockerignore", "a"]);
        write(folder.path(), ".dockerignore", b"folder\n!folder/b");
        assert_unreadable(errors(&artifact), "folder");
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn sockets_pipes_and_devices_are_left_out() {
        let folder = folder(&[("a", b"")]);
        let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
        let pipe = Command::new("mkfifo")
            .arg(folder.path().join("pipe"))
            .status();
        assert!(pipe.is_ok_and(|status| status.success()), "mkfifo failed");
        symlink("/dev/zero", folder.path().join("zero")).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_eq!(names(&artifact), ["a"]);
        for format in FORMATS {
            assert_eq!(read_back(&artifact, format).0, ["a"]);
        }
        for name in ["pipe", "zero", "socket"] {
            let error = artifact_error(artifact.clone().ignore_file(name).files().unwrap_err());
            assert!(error.to_string().contains("not a file"), "{error}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_not_utf_8_are_errors_unless_they_are_ignored() {
        let folder = folder(&[("a", b"")]);
        let name = OsStr::from_bytes(b"caf\xe9");
        fs::create_dir(folder.path().join(name)).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_eq!(names(&artifact), ["a"]);

        fs::write(folder.path().join(name).join("x"), "").unwrap();
        for error in errors(&artifact) {
            let text = error.to_string();
            assert!(
                text.contains("caf\u{fffd}/x: the name is not UTF-8"),
                "{text}"
            );
        }
        for rules in ["caf*", "caf?/x", "x"] {
            write(folder.path(), ".dockerignore", rules.as_bytes());
            assert_eq!(names(&artifact), [".dockerignore", "a"]);
        }
    }

    #[test]
    fn long_paths_are_kept_and_those_too_long_for_the_system_are_errors() {
        let folder = folder(&[]);
        let long = |letter: &str, depth| vec![letter.repeat(200); depth].join("/");
        let name = format!("{}/{}", long("a", 9), "f".repeat(255));
        write(folder.path(), &name, b"content");
        let artifact = Artifact::dir(folder.path());
        assert_eq!(names(&artifact), std::slice::from_ref(&name));
        for format in FORMATS {
            let (order, entries) = read_back(&artifact, format);
            assert_eq!(order.len(), 10);
            assert_eq!(entries[&name], (0o100_644, b"content".to_vec()));
        }

        // No call takes a path this long, but a folder can be moved to where it gets one.
        write(folder.path(), &format!("{}/g", long("b", 15)), b"");
        let bottom = folder.path().join(long("a", 9)).join("moved");
        fs::rename(folder.path().join("b".repeat(200)), bottom).unwrap();
        for error in errors(&artifact) {
            assert!(error.to_string().contains("aaa/moved/bbb"), "{error}");
            assert!(
                matches!(error, ArtifactError::Unreadable { .. }),
                "{error:?}"
            );
        }
        write(folder.path(), ".dockerignore", b"moved/");
        assert_eq!(names(&artifact), [".dockerignore".to_owned(), name]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_of_another_size_than_it_says_is_an_error() {
        let folder = folder(&[("a", b"")]);
        symlink("/proc/self/status", folder.path().join("status")).unwrap();
        let artifact = Artifact::dir(folder.path());
        assert_unusable(
            archive_errors(&artifact),
            "status",
            "0 bytes when it was opened",
        );
    }

    #[test]
    fn names_that_a_zip_would_change_are_kept_or_refused() {
        let kept = [
            "12:30.log",
            "a:b/c:d",
            "a~b",
            "new\nline",
            "..x",
            "tab\t",
            "x..",
            "...",
            "é~",
        ];
        let folder = folder(&kept.map(|name| (name, &b"content"[..])));
        let artifact = Artifact::dir(folder.path());
        for format in FORMATS {
            let (_, entries) = read_back(&artifact, format);
            for name in kept {
                assert_eq!(entries[name].1, b"content", "{name:?}");
            }
        }

        for (name, why) in [("a\\b", "\\"), ("é:", ":"), ("x\\y/z", "\\")] {
            write(folder.path(), name, b"");
            let error = artifact_error(archive(&artifact).unwrap_err());
            assert!(
                error
                    .to_string()
                    .starts_with(name.split_inclusive('/').next().unwrap())
            );
            assert!(error.to_string().contains(why), "{error}");
            assert!(
                read_back(&artifact, ArtifactFormat::TarGz)
                    .1
                    .contains_key(name)
            );
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }

    #[test]
    fn the_owners_executable_bit_is_kept_and_nothing_else_of_a_mode() {
        let folder = folder(&[("a", b""), ("b/c", b""), ("d", b"")]);
        let set = |name: &str, mode| {
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(folder.path().join(name), permissions).unwrap();
        };
        set("a", 0o700);
        set("b", 0o700);
        set("b/c", 0o4777);
        set("d", 0o666);
        let artifact = Artifact::dir(folder.path());
        let executable: Vec<_> = artifact.files().unwrap();
        let executable: Vec<_> = executable.iter().map(|file| file.executable).collect();
        assert_eq!(executable, [true, true, false]);
        for format in FORMATS {
            let (_, entries) = read_back(&artifact, format);
            let modes: Vec<_> = entries.values().map(|(mode, _)| *mode).collect();
            assert_eq!(modes, [0o100_755, 0o040_755, 0o100_755, 0o100_644]);
        }
    }
}

#[test]
fn a_folder_of_no_files_makes_an_archive_of_no_entries() {
    let folder = folder(&[]);
    fs::create_dir_all(folder.path().join("a/b")).unwrap();
    let artifact = Artifact::dir(folder.path());
    assert_eq!(names(&artifact), [""; 0]);
    for format in FORMATS {
        assert_eq!(read_back(&artifact, format).0, [""; 0]);
    }
    assert_eq!(archive(&artifact).unwrap().len(), 22);
}

// ---- The limit

#[test]
fn the_limit_holds_to_the_byte() {
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
            assert_eq!(
                archive(&artifact.clone().max_size(size)).unwrap().len() as u64,
                size
            );
            for limit in [0, 1, 1000, 100_000, 300_000, size - 1] {
                let error = archive(&artifact.clone().max_size(limit)).unwrap_err();
                match artifact_error(error) {
                    ArtifactError::TooLarge {
                        limit: named,
                        reached,
                        ..
                    } => {
                        assert_eq!(named, limit);
                        assert!(reached > limit);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

#[test]
fn ten_mebibytes_are_the_limit_unless_set() {
    let folder = folder(&[
        ("a", &noise(1, 6 << 20)),
        ("b", &noise(2, 5 << 20)),
        ("c", b"small"),
    ]);
    let text = archive(&Artifact::dir(folder.path()))
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("10485760") && text.contains(".dockerignore"),
        "{text}"
    );
    assert!(
        text.contains("a (6291456 bytes), b (5242880 bytes)"),
        "{text}"
    );

    fs::remove_file(folder.path().join("b")).unwrap();
    assert!(archive(&Artifact::dir(folder.path()).max_size(u64::MAX)).is_ok());
}

#[test]
fn a_folder_of_any_size_fails_after_about_the_limit() {
    let folder = folder(&[("z", b"")]);
    // Terabytes that take no room on most file systems, and years to read.
    for name in ["a", "b", "c"] {
        let file = File::create(folder.path().join(name)).unwrap();
        if file.set_len(1 << 42).is_err() {
            eprintln!("no files of this size here: not tested");
            return;
        }
    }
    let artifact = Artifact::dir(folder.path()).max_size(5000).threads(2);
    for error in archive_errors(&artifact) {
        match error {
            ArtifactError::TooLarge {
                reached, largest, ..
            } => {
                assert!((5001..200_000).contains(&reached), "{reached}");
                assert_eq!(largest[0], (PathBuf::from("a"), 1 << 42));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_error_names_the_largest_files() {
    let sizes = [5, 7000, 20, 9000, 1, 800, 60_000];
    let files: Vec<_> = (sizes.iter().enumerate())
        .map(|(index, size)| (index.to_string(), noise(index as u64, *size)))
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(name, data)| (name.as_str(), &data[..]))
        .collect();
    let folder = folder(&files);
    for error in archive_errors(&Artifact::dir(folder.path()).max_size(70_000)) {
        let ArtifactError::TooLarge { largest, .. } = error else {
            panic!("{error:?}");
        };
        let named = [(6, 60_000), (3, 9000), (1, 7000), (5, 800), (2, 20)];
        assert_eq!(
            largest,
            named.map(|(name, size)| (PathBuf::from(name.to_string()), size))
        );
    }
}

#[test]
fn an_error_in_the_midst_is_the_same_for_any_number_of_threads() {
    let files: Vec<_> = (0..50)
        .map(|index| (format!("{index:02}"), noise(index, 5000)))
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(name, data)| (name.as_str(), &data[..]))
        .collect();
    let folder = folder(&files);
    write(folder.path(), "25\\", b"");
    for threads in [0, 1, 2, 8] {
        let artifact = Artifact::dir(folder.path()).threads(threads);
        let error = artifact_error(archive(&artifact).unwrap_err());
        if cfg!(unix) {
            assert_unusable([error], "25\\", "\\");
        }
    }
}

#[test]
fn a_writer_that_fails_is_an_error() {
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
    match artifact_error(Artifact::dir(folder.path()).write_to(Full).unwrap_err()) {
        ArtifactError::Write { source, .. } => {
            assert_eq!(source.kind(), io::ErrorKind::StorageFull);
        }
        other => panic!("{other:?}"),
    }
}

// ---- What is in an archive

const TREE: [(&str, &[u8]); 9] = [
    ("Dockerfile", b"FROM scratch\n"),
    ("a-b", b"before the folder a/, as - is before /"),
    ("a.txt", b""),
    ("a/x/1", b"one"),
    ("a/x/2", b"two two two two two two"),
    ("a/y", b"y"),
    ("a0", b"after the folder a/"),
    ("\u{e9}/\u{65e5}\u{672c}", b"\xff\x00"),
    (".hidden/b", b"b"),
];

#[test]
fn archives_hold_files_and_the_folders_that_files_are_in() {
    let folder = folder(&TREE);
    fs::create_dir_all(folder.path().join("empty/too")).unwrap();
    write(folder.path(), "ignored/all", b"");
    write(folder.path(), "a/z/all", b"");
    write(folder.path(), ".rules", b"all\n.rules");
    let artifact = Artifact::dir(folder.path()).ignore_file(".rules");
    for format in FORMATS {
        let (order, entries) = read_back(&artifact, format);
        assert_eq!(
            order,
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
            assert_eq!(entries[name], (0o100_644, content.to_vec()), "{name}");
        }
        assert_eq!(entries["a/x/"], (0o040_755, Vec::new()));
    }
}

#[test]
fn files_are_listed_as_they_are_archived() {
    let folder = folder(&TREE);
    let artifact = Artifact::dir(folder.path());
    let files = artifact.files().unwrap();
    let listed: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(listed, sorted);
    for format in FORMATS {
        let (mut order, _) = read_back(&artifact, format);
        order.retain(|name| !name.ends_with('/'));
        assert_eq!(order, listed);
    }
    let sizes: BTreeMap<_, _> = files.iter().map(|f| (f.path.as_str(), f.size)).collect();
    let expected = TREE.map(|(name, content)| (name, content.len() as u64));
    assert_eq!(sizes, BTreeMap::from(expected));
}

#[test]
fn the_bytes_of_a_zip_are_these() {
    let folder = folder(&[("d/é", b"hi")]);
    let bytes = archive(&Artifact::dir(folder.path())).unwrap();
    let expected: Vec<&[u8]> = vec![
        // Folder: version 2.0, no flags, stored, 00:00:00 on 1980-01-01, no content.
        b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0d/",
        // File: sizes follow, the name is UTF-8, deflate.
        b"PK\x03\x04\x14\0\x08\x08\x08\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0d/\xc3\xa9",
        b"\xcb\xc8\x04\0",
        b"PK\x07\x08\xac\x2a\x93\xd8\x04\0\0\0\x02\0\0\0",
        // Directory of them: made on Unix; 0o040755 and the folder bit; 0o100644.
        b"PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\x09\0\0\0\0\0",
        b"\0\0\x10\0\xed\x41\0\0\0\0d/UT\x05\0\x01\0\xa6\xce\x12",
        b"PK\x01\x02\x14\x03\x14\0\x08\x08\x08\0\0\0\x21\0\xac\x2a\x93\xd8\x04\0\0\0\x02\0\0\0",
        b"\x04\0\x09\0\0\0\0\0\0\0\0\0\xa4\x81\x20\0\0\0d/\xc3\xa9UT\x05\0\x01\0\xa6\xce\x12",
        b"PK\x05\x06\0\0\0\0\x02\0\x02\0\x74\0\0\0\x56\0\0\0\0\0",
    ];
    assert_eq!(
        bytes.escape_ascii().to_string(),
        expected.concat().escape_ascii().to_string()
    );
}

#[test]
fn a_gzip_names_no_file_and_no_time() {
    let folder = folder(&[("a", b"hi")]);
    let artifact = Artifact::dir(folder.path()).format(ArtifactFormat::TarGz);
    let bytes = archive(&artifact).unwrap();
    assert_eq!(bytes[..8], *b"\x1f\x8b\x08\0\0\0\0\0");
}

#[test]
fn the_same_folder_gives_the_same_bytes() {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..60_u64 {
        let mut content = noise(index, 60 * index as usize);
        content.extend(vec![b'a' + (index % 7) as u8; 1500 * index as usize]);
        files.push((format!("{}/{}/{index}", index % 3, index % 5), content));
    }
    let one = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    for (name, content) in &files {
        write(one.path(), name, content);
    }
    for (name, content) in files.iter().rev() {
        write(other.path(), name, content);
        let file = File::options()
            .append(true)
            .open(other.path().join(name))
            .unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000))
            .unwrap();
    }
    for format in FORMATS {
        let artifact = Artifact::dir(one.path()).format(format);
        let bytes = archive(&artifact).unwrap();
        for threads in [1, 2, 3, 16] {
            assert!(bytes == archive(&artifact.clone().threads(threads)).unwrap());
            let other = Artifact::dir(other.path()).format(format).threads(threads);
            assert!(bytes == archive(&other).unwrap());
        }
        let mut reader = Command::new(if format == ArtifactFormat::Zip {
            "unzip"
        } else {
            "tar"
        });
        reader.arg(if format == ArtifactFormat::Zip {
            "-tq"
        } else {
            "-tzf"
        });
        let file = one.path().with_extension("archive");
        fs::write(&file, &bytes).unwrap();
        match reader.arg(&file).output() {
            Ok(output) => assert!(output.status.success(), "{output:?}"),
            Err(error) => eprintln!("{reader:?}: {error}: not tested"),
        }
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn more_files_than_wait_at_once_come_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..1500 {
        fs::write(folder.path().join(format!("{index:04}")), index.to_string()).unwrap();
    }
    let (order, entries) = read_back(
        &Artifact::dir(folder.path()).threads(3),
        ArtifactFormat::Zip,
    );
    assert_eq!(order.len(), 1500);
    assert!(order.is_sorted());
    assert_eq!(entries["1499"].1, b"1499");
}

// ---- The form in files, and the settings

#[test]
fn an_artifact_reads_from_files_as_the_official_client_has_them() {
    let artifact: Artifact = serde_yaml::from_str("path: app\nignore_files: [.a, .b]\n").unwrap();
    assert_eq!(artifact, Artifact::dir("app").ignore_files([".a", ".b"]));
    assert_eq!(artifact.path(), Path::new("app"));
    assert_eq!(
        serde_json::to_value(&artifact).unwrap(),
        serde_json::json!({"path": "app", "ignore_files": [".a", ".b"]})
    );

    let artifact: Artifact = serde_yaml::from_str("path: 2024\n").unwrap();
    assert_eq!(artifact, Artifact::dir("2024"));
    assert_eq!(
        serde_json::to_string(&artifact).unwrap(),
        r#"{"path":"2024"}"#
    );
    let artifact: Artifact = serde_yaml::from_str("path: a\nignore_files: null\n").unwrap();
    assert_eq!(artifact, Artifact::dir("a"));
}

#[test]
fn what_an_artifact_does_not_know_it_keeps() {
    let text = r#"{"path":"app","later":{"a":[1,null]}}"#;
    let artifact: Artifact = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&artifact).unwrap(), text);
    assert_ne!(artifact, Artifact::dir("app"));
}

#[test]
fn a_bad_artifact_in_a_file_is_an_error_that_says_where() {
    for (text, path, line) in [
        (
            "a:\n  ignore_files: []\n",
            "a: missing field `path`",
            "line 2",
        ),
        ("a:\n  path: [x]\n", "a.path: ", "line 2"),
        (
            "a:\n  path: x\n  ignore_files: y\n",
            "a.ignore_files: ",
            "line 3",
        ),
        (
            "a:\n  path: x\n  ignore_files: [{}]\n",
            "a.ignore_files[0]: ",
            "line 3",
        ),
    ] {
        let error = serde_yaml::from_str::<BTreeMap<String, Artifact>>(text).unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with(path) && message.contains(line),
            "{message}"
        );
    }
}

#[test]
fn artifacts_are_compared_and_shown_by_their_settings() {
    let artifact = Artifact::dir("a");
    assert_ne!(artifact, artifact.clone().max_size(1));
    assert_ne!(artifact, artifact.clone().format(ArtifactFormat::TarGz));
    assert_eq!(artifact, artifact.clone().ignore_files([""; 0]));
    let watched = artifact.clone().on_progress(|_| ());
    assert_eq!(watched, watched.clone());
    assert_ne!(watched, artifact);
    assert!(format!("{watched:?}").contains("on_progress: Some(..)"));

    fn shared<T: Clone + Send + Sync + 'static>(_: T) {}
    shared(watched);
}
