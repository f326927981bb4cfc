package dev.warmpath.controlplane.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.warmpath.controlplane.audit.AuditEntry.Outcome;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The append-only record: one JSON object a line. At the configured size the file becomes {@code
 * NAME.1}, over an older one of that name, and a new one is begun. The last entries are also kept
 * in memory, answers of nodes apart from the rest, so that many nodes don't push out the reasons.
 *
 * <p>Thread-safe. A disk that refuses costs the file its line and is counted; nothing waits for it
 * or fails because of it.
 */
public final class AuditLog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AuditLog.class);

  /** Entries of either kind in memory. */
  static final int TAIL_ENTRIES = 1_000;

  private static final JsonFactory JSON = new JsonFactory();

  private final Path file;
  private final long maxBytes;

  @GuardedBy("this")
  private final Deque<AuditEntry> deeds = new ArrayDeque<>();

  @GuardedBy("this")
  private final Deque<AuditEntry> answers = new ArrayDeque<>();

  @GuardedBy("this")
  private @Nullable FileChannel channel;

  @GuardedBy("this")
  private long failures;

  /**
   * @param maxBytes at which the file is begun anew
   */
  public AuditLog(Path file, long maxBytes) {
    this.file = file;
    this.maxBytes = maxBytes;
  }

  /** Records an entry. */
  public synchronized void record(AuditEntry entry) {
    Deque<AuditEntry> tail = isAnswer(entry) ? answers : deeds;
    if (tail.size() == TAIL_ENTRIES) {
      tail.removeFirst();
    }
    tail.addLast(entry);
    try {
      append((json(entry) + "\n").getBytes(UTF_8));
    } catch (IOException e) {
      failures++;
      if (failures == 1) {
        log.error("The audit can't be written to {}; it goes on in memory only.", file, e);
      }
      closeQuietly();
    }
  }

  /** The last entries, oldest first. */
  public synchronized List<AuditEntry> tail() {
    var all = new ArrayList<AuditEntry>(deeds.size() + answers.size());
    all.addAll(deeds);
    all.addAll(answers);
    all.sort(Comparator.comparing(AuditEntry::time));
    return all;
  }

  /** Entries that didn't reach the file. */
  public synchronized long failures() {
    return failures;
  }

  @Override
  public synchronized void close() {
    closeQuietly();
  }

  /** The entry as one JSON object. */
  public static String json(AuditEntry entry) throws IOException {
    var text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      write(entry, json);
    }
    return text.toString();
  }

  /** Writes the entry as one JSON object. */
  public static void write(AuditEntry entry, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("time", entry.time().toString());
    json.writeStringField("actor", entry.actor());
    json.writeStringField("outcome", entry.outcome().name());
    json.writeStringField("version", entry.version());
    json.writeStringField("subject", entry.subject());
    json.writeStringField("before", entry.before());
    json.writeStringField("after", entry.after());
    json.writeStringField("reason", entry.reason());
    json.writeEndObject();
  }

  private static boolean isAnswer(AuditEntry entry) {
    return entry.outcome() == Outcome.ACKED || entry.outcome() == Outcome.NACKED;
  }

  @GuardedBy("this")
  private void append(byte[] line) throws IOException {
    FileChannel open = channel == null ? open() : channel;
    if (open.size() > 0 && open.size() + line.length > maxBytes) {
      closeQuietly();
      Files.move(
          file,
          file.resolveSibling(file.getFileName() + ".1"),
          StandardCopyOption.REPLACE_EXISTING);
      open = open();
    }
    ByteBuffer bytes = ByteBuffer.wrap(line);
    while (bytes.hasRemaining()) {
      open.write(bytes);
    }
  }

  /** Opens the file; a line that a crash broke off is ended first. */
  @GuardedBy("this")
  private FileChannel open() throws IOException {
    boolean brokenOff = false;
    if (Files.exists(file)) {
      try (FileChannel old = FileChannel.open(file, READ)) {
        ByteBuffer last = ByteBuffer.allocate(1);
        brokenOff = old.size() > 0 && old.read(last, old.size() - 1) == 1 && last.get(0) != '\n';
      }
    }
    FileChannel opened = FileChannel.open(file, CREATE, APPEND);
    channel = opened;
    if (brokenOff) {
      opened.write(ByteBuffer.wrap(new byte[] {'\n'}));
    }
    return opened;
  }

  @GuardedBy("this")
  private void closeQuietly() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        log.warn("The audit file {} can't be closed.", file, e);
      }
      channel = null;
    }
  }
}
