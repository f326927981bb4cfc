package dev.warmpath.controlplane.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.fleet.v1.LedgerRow;
import dev.warmpath.store.v1.Ledger;
import dev.warmpath.store.v1.ReplicaSequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerStoreTest {
  @TempDir private Path directory;

  @Test
  void ledger_saved_isLoadedWhole() throws IOException {
    store().save(ledger(7));
    assertThat(store().load()).isEqualTo(new LedgerStore.Loaded(ledger(7), ""));
  }

  @Test
  void ledger_neverSaved_isEmptyWithoutFault() {
    assertThat(store().load()).isEqualTo(new LedgerStore.Loaded(Ledger.getDefaultInstance(), ""));
  }

  @Test
  void ledger_broken_givesThePreviousWithItsFault() throws IOException {
    store().save(ledger(7));
    store().save(ledger(8));
    Files.writeString(directory.resolve("ledger"), "damage");
    LedgerStore.Loaded loaded = store().load();
    assertThat(loaded.ledger()).isEqualTo(ledger(7));
    assertThat(loaded.fault()).contains("ledger");
  }

  private static Ledger ledger(long requests) {
    return Ledger.newBuilder()
        .addRows(LedgerRow.newBuilder().setRoute("r").setTenant("t\n").setRequests(requests))
        .addSequences(ReplicaSequence.newBuilder().setIncarnation(-1).setSequence(requests))
        .build();
  }

  private LedgerStore store() {
    return new LedgerStore(new CheckedFile(directory.resolve("ledger")));
  }
}
