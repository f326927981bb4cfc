package dev.warmpath.extproc.server;

import dev.warmpath.config.v1.Secrets;
import dev.warmpath.extproc.prefix.KeyRing;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secrets of the keys: from the files that the configuration names, else generated once into
 * the state directory, readable by the owner alone, and announced. Their bytes are never logged.
 */
final class SecretFiles {

  /** As long as what HMAC-SHA-256 makes of it. */
  static final int SECRET_BYTES = 32;

  private static final Logger log = LoggerFactory.getLogger(SecretFiles.class);

  /**
   * The secrets in use.
   *
   * @param keys made of all
   * @param tenantSecret makes tenants out of API keys, under a name of its own; the index secret,
   *     since tenants part blocks and must outlive a change of the export secret
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Loaded(KeyRing keys, byte[] tenantSecret) {}

  private SecretFiles() {}

  static Loaded load(Secrets secrets, Path stateDirectory) throws IOException {
    byte[] index = load("index", secrets.getIndexSecretFile(), stateDirectory);
    byte[] export = load("export", secrets.getExportSecretFile(), stateDirectory);
    String next = secrets.getNextExportSecretFile();
    byte[] nextExport = next.isEmpty() ? export : checked(Path.of(next));
    return new Loaded(
        new KeyRing(index, export, nextExport, secrets.getNextExportPercent()), index);
  }

  private static byte[] load(String name, String file, Path stateDirectory) throws IOException {
    if (!file.isEmpty()) {
      return checked(Path.of(file));
    }
    Path generated = stateDirectory.resolve(name + ".secret");
    try {
      return checked(generated);
    } catch (NoSuchFileException _) {
      byte[] secret = new byte[SECRET_BYTES];
      new SecureRandom().nextBytes(secret);
      Files.createDirectories(stateDirectory);
      // Whole or not at all: neither a crash nor another replica may see half of it.
      Path whole =
          Files.createTempFile(
              stateDirectory,
              name,
              ".new",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try {
        Files.write(whole, secret, StandardOpenOption.WRITE);
        publish(whole, generated);
      } catch (FileAlreadyExistsException _) {
        return checked(generated); // Another replica was faster.
      } finally {
        Files.deleteIfExists(whole);
      }
      log.warn(
          "generated the {} secret in {}; with more than one replica name one file for all in"
              + " secrets.{}_secret_file",
          name,
          generated,
          name);
      return secret;
    }
  }

  /** Gives a file its name, unless that is taken. */
  private static void publish(Path whole, Path name) throws IOException {
    try {
      Files.createLink(name, whole);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException _) {
      Files.move(whole, name); // Not every volume has links.
    }
  }

  private static byte[] checked(Path file) throws IOException {
    byte[] secret = Files.readAllBytes(file);
    if (secret.length < SECRET_BYTES) {
      throw new IOException(
          "%s: %d bytes (expected: at least %d)".formatted(file, secret.length, SECRET_BYTES));
    }
    return secret;
  }
}
