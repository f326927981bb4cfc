package dev.warmpath.controlplane.store;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder that one control plane keeps its state in. It is held by a lock, so that two processes
 * never write each other's decisions over; the lock ends with the process at the latest.
 */
public final class StateDirectory implements AutoCloseable {
  private final Path path;
  private final FileChannel lockFile;

  private StateDirectory(Path path, FileChannel lockFile) {
    this.path = path;
    this.lockFile = lockFile;
  }

  /**
   * Takes the folder, which is made if it isn't there.
   *
   * @throws IOException also when another process holds it
   */
  public static StateDirectory open(Path path) throws IOException {
    Files.createDirectories(path);
    FileChannel lockFile = FileChannel.open(path.resolve("control-plane.lock"), CREATE, WRITE);
    try {
      // The lock lives as long as the channel.
      FileLock lock = lockFile.tryLock();
      if (lock != null) {
        return new StateDirectory(path, lockFile);
      }
    } catch (OverlappingFileLockException _) {
      // Held inside this process: the same answer as below.
    } catch (IOException e) {
      lockFile.close();
      throw e;
    }
    lockFile.close();
    throw new IOException(path + ": held by another control plane (expected: one of its own)");
  }

  public DecisionStore decisions() {
    return new DecisionStore(new CheckedFile(path.resolve("decisions")));
  }

  public LedgerStore ledger() {
    return new LedgerStore(new CheckedFile(path.resolve("ledger")));
  }

  public Path auditFile() {
    return path.resolve("audit.jsonl");
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
