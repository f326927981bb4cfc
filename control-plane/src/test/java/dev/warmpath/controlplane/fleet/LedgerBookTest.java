package dev.warmpath.controlplane.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.warmpath.fleet.v1.LedgerDelta;
import dev.warmpath.fleet.v1.LedgerRow;
import dev.warmpath.fleet.v1.Usage;
import dev.warmpath.store.v1.Ledger;
import org.junit.jupiter.api.Test;

class LedgerBookTest {
  private final LedgerBook book = new LedgerBook(Ledger.getDefaultInstance());

  @Test
  void delta_sentAgain_countsOnce() {
    book.count(7, delta(1, "t", 10), 0);
    book.count(7, delta(1, "t", 10), 0);
    assertThat(book.rows()).singleElement().extracting(LedgerRow::getRequests).isEqualTo(10L);
  }

  @Test
  void deltas_ofDifferentReplicas_areSummed() {
    book.count(7, delta(1, "t", 10), 0);
    book.count(8, delta(1, "t", 5), 0);
    book.count(7, delta(2, "u", 1), 0);
    assertThat(book.rows())
        .extracting(LedgerRow::getTenant, LedgerRow::getRequests)
        .containsExactly(tuple("t", 15L), tuple("u", 1L));
  }

  /** Once two fields were left out, and forecasts were 0 from a key's second delta on. */
  @Test
  void rows_everyNumber_isSummed() {
    LedgerRow.Builder once = row("t", 0).toBuilder();
    fill(once, 1);
    LedgerRow.Builder thrice = row("t", 0).toBuilder();
    fill(thrice, 3);
    for (int sequence = 1; sequence <= 3; sequence++) {
      book.count(7, LedgerDelta.newBuilder().setSequence(sequence).addRows(once).build(), 0);
    }
    assertThat(book.rows()).containsExactly(thrice.build());
  }

  /** Sets every number, also those of messages inside, to its field's number times a factor. */
  private static void fill(Message.Builder message, long factor) {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      switch (field.getJavaType()) {
        case LONG -> message.setField(field, factor * field.getNumber());
        case MESSAGE -> fill(message.getFieldBuilder(field), factor);
        case STRING -> {}
        case INT, DOUBLE, FLOAT, BOOLEAN, BYTE_STRING, ENUM ->
            throw new IllegalStateException(field + " (expected: a case of its own here)");
      }
    }
  }

  @Test
  void usage_knownAndUnknown_keepsUnknownApart() {
    book.count(7, LedgerDelta.newBuilder().setSequence(1).addRows(usage(10)).build(), 0);
    book.count(
        7,
        LedgerDelta.newBuilder()
            .setSequence(2)
            .addRows(row("t", 1).toBuilder().setUnknownUsageRequests(1))
            .build(),
        0);
    Usage usage = book.rows().getFirst().getUsage();
    assertThat(usage.getReadTokens()).isEqualTo(10);
    assertThat(usage.hasWritten5MTokens()).isFalse();
    assertThat(book.rows().getFirst().getUnknownUsageRequests()).isEqualTo(1);
  }

  @Test
  void sums_saved_countOnceAcrossARestart() {
    book.count(7, delta(3, "t", 10), 0);
    assertThat(book.savedSequence(7)).isZero();
    Ledger saved = book.save();
    assertThat(book.saved(saved)).containsEntry(7L, 3L);
    assertThat(book.savedSequence(7)).isEqualTo(3);

    var next = new LedgerBook(saved);
    assertThat(next.savedSequence(7)).isEqualTo(3);
    next.count(7, delta(3, "t", 10), 0);
    next.count(7, delta(4, "t", 1), 0);
    assertThat(next.rows()).singleElement().extracting(LedgerRow::getRequests).isEqualTo(11L);
  }

  @Test
  void sums_notSaved_areTriedAgain() {
    book.count(7, delta(1, "t", 1), 0);
    assertThat(book.changed()).isTrue();
    Ledger unused = book.save();
    assertThat(unused.getRowsCount()).isEqualTo(1);
    assertThat(book.changed()).isFalse();
    book.notSaved();
    assertThat(book.changed()).isTrue();
  }

  @Test
  void gaps_inTheNumbers_areCounted() {
    book.count(7, delta(1, "t", 1), 0);
    book.count(7, delta(5, "t", 1), 0);
    assertThat(book.gaps()).isEqualTo(3);
  }

  @Test
  void rows_beyondTheBound_countAsOther() {
    for (int i = 0; i < LedgerBook.MAX_ROWS + 5; i++) {
      book.count(7, delta(i + 1, "t" + i, 1), 0);
    }
    assertThat(book.rows()).hasSize(LedgerBook.MAX_ROWS + 1);
    assertThat(book.rows().getLast().getTenant()).isEqualTo(LedgerBook.OTHER);
    assertThat(book.rows().getLast().getRequests()).isEqualTo(5);
  }

  @Test
  void incarnations_beyondTheBound_forgetTheLongestSilent() {
    for (int i = 0; i <= LedgerBook.MAX_INCARNATIONS; i++) {
      book.count(i + 1, delta(1, "t", 1), i);
    }
    assertThat(book.save().getSequencesList())
        .hasSize(LedgerBook.MAX_INCARNATIONS)
        .noneMatch(one -> one.getIncarnation() == 1);
  }

  private static LedgerDelta delta(long sequence, String tenant, long requests) {
    return LedgerDelta.newBuilder().setSequence(sequence).addRows(row(tenant, requests)).build();
  }

  private static LedgerRow row(String tenant, long requests) {
    return LedgerRow.newBuilder()
        .setRoute("r")
        .setTenant(tenant)
        .setModel("m")
        .setRequests(requests)
        .build();
  }

  private static LedgerRow usage(long readTokens) {
    return row("t", 1).toBuilder().setUsage(Usage.newBuilder().setReadTokens(readTokens)).build();
  }
}
