//! A file that gets its name only when it is complete. Until then it is called `<name>.part`. So what a killed run left is never taken for
//! the whole, and the next run can go on after the last complete line.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::Error;

/// Lines on their way to a whole file.
pub(crate) struct Unfinished {
    name: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
}

impl Unfinished {
    /// Begins the file, or goes on with what is there of it: `read` is given each whole line, and says what is wrong with it. A last line that
    /// was cut off is taken away.
    ///
    /// # Errors
    /// It is whole already; there is a part of it, and it is not to be gone on with, somebody else writes it, or `read` refuses a line.
    pub(crate) fn open(name: &Path, resume: bool, read: impl FnMut(&[u8]) -> Result<(), String>) -> Result<Self, Error> {
        not_there(name)?;
        let mut part = name.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let opened = if resume { options.create(true).truncate(false).open(&part) } else { options.create_new(true).open(&part) };
        let mut file = opened.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Error::File(format!("{} was not finished: --resume goes on with it", part.display())),
            _ => error.into(),
        })?;
        // Held until this process ends, in whichever way. Where the file system knows no locks, nobody is kept out.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(Error::File(format!("{} is being written by another run", part.display())));
        }
        let whole = whole_lines(&file, &part, read)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        Ok(Self { name: name.to_owned(), part, file: BufWriter::new(file) })
    }

    pub(crate) fn write(&mut self, line: &Value) -> io::Result<()> {
        writeln!(self.file, "{line}")
    }

    /// What was written outlives this process.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    /// Everything is written: the file is on the disk, and then gets its name.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        not_there(&self.name)?;
        Ok(std::fs::rename(&self.part, &self.name)?)
    }
}

/// Nothing that is there is overwritten.
fn not_there(name: &Path) -> Result<(), Error> {
    if name.try_exists()? { Err(Error::File(format!("{} is there already", name.display()))) } else { Ok(()) }
}

/// Reads the whole lines; gives their length in bytes.
fn whole_lines(file: &File, part: &Path, mut read: impl FnMut(&[u8]) -> Result<(), String>) -> Result<u64, Error> {
    let (mut reader, mut line, mut whole) = (BufReader::new(file), Vec::new(), 0);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(whole);
        }
        read(&line).map_err(|wrong| Error::File(format!("{}, the line at byte {whole}: {wrong}", part.display())))?;
        whole += length as u64;
    }
}
