package dev.warmpath.controlplane.store;

import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.ParseException;
import dev.warmpath.store.v1.Ledger;
import java.io.IOException;

/**
 * Keeps the ledger's sums together with the numbers of the deltas that are in them, so that after a
 * crash a delta is in both or in neither. Not thread-safe: one writer.
 */
public final class LedgerStore {

  private static final TextFormat.Parser PARSER =
      TextFormat.Parser.newBuilder().setAllowUnknownFields(true).build();

  private final CheckedFile file;

  LedgerStore(CheckedFile file) {
    this.file = file;
  }

  /**
   * What was kept.
   *
   * @param fault what is wrong with what was found; empty: nothing
   */
  public record Loaded(Ledger ledger, String fault) {}

  /**
   * Reads what was kept. When the last state is broken it is the one before, which lacks deltas
   * that won't come again because they were acknowledged: better than nothing, and said to be so.
   */
  public Loaded load() {
    Loaded last = understand(file.read());
    if (last.fault.isEmpty()) {
      return last;
    }
    return new Loaded(understand(file.readPrevious()).ledger, last.fault);
  }

  /** Saves the sums; when this returns they are on the disk. */
  public void save(Ledger ledger) throws IOException {
    file.write(TextFormat.printer().printToString(ledger));
  }

  private Loaded understand(CheckedFile.Content content) {
    return switch (content) {
      case CheckedFile.Content.Absent() -> new Loaded(Ledger.getDefaultInstance(), "");
      case CheckedFile.Content.Broken(String fault) ->
          new Loaded(Ledger.getDefaultInstance(), fault);
      case CheckedFile.Content.Whole(String text) -> {
        var message = Ledger.newBuilder();
        try {
          PARSER.merge(text, message);
          yield new Loaded(message.build(), "");
        } catch (ParseException e) {
          yield new Loaded(Ledger.getDefaultInstance(), file.path() + ": " + e.getMessage());
        }
      }
    };
  }
}
