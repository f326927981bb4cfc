package dev.warmpath.extproc.ledger;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.ledger.Account.Annotation;
import dev.warmpath.extproc.ledger.Account.Mode;
import dev.warmpath.extproc.ledger.Tariff.EndpointHours;
import dev.warmpath.extproc.ledger.Tariff.TokenPrices;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerTest {

  private static final TokenPrices PRICES = new TokenPrices(2, 10, 0.1, 2.5, 4);
  private static final EndpointHours GPU = new EndpointHours(8_000, 3.6);
  private static final Shadow NO_SHADOW = new Shadow(1_000, 0, 0, 0);

  private final Ledger ledger = new Ledger(3);

  private static Account account(Mode mode, Annotation by, Tokens tokens, Shadow shadow, Tariff t) {
    return new Account("chat", "acme", "sonnet", mode, by, tokens, shadow, t, true);
  }

  private static Account of(String route, String tenant, String model) {
    return new Account(
        route,
        tenant,
        model,
        Mode.ACTIVE,
        Annotation.OURS,
        new Tokens(10, 0, 0, 20, 5),
        NO_SHADOW,
        PRICES,
        true);
  }

  @Test
  void record_notServed_makesNoLabelKnown() {
    ledger.record(of("chat", "acme", "sonnet"));
    ledger.record(
        new Account(
            "chat",
            "acme",
            "made-up",
            Mode.ACTIVE,
            Annotation.OURS,
            new Tokens(0, 0, 0, 0, 0),
            NO_SHADOW,
            PRICES,
            false));

    assertThat(ledger.totals())
        .extracting(LedgerRow::model)
        .containsExactlyInAnyOrder("sonnet", Ledger.OTHER);
  }

  @Test
  void record_priceUnknown_tokensAreCountedAndMoneyIsNot() {
    ledger.record(
        account(
            Mode.ACTIVE,
            Annotation.OURS,
            new Tokens(10, 0, 0, 20, 5),
            NO_SHADOW,
            new Tariff.Unknown()));

    LedgerRow row = only();
    assertThat(row.tokens()).isEqualTo(new Tokens(10, 0, 0, 20, 5));
    assertThat(row.unknownUsageRequests()).isEqualTo(1);
    assertThat(row.actualNanoUsd()).isZero();
  }

  private LedgerRow only() {
    assertThat(ledger.totals()).hasSize(1);
    return ledger.totals().getFirst();
  }

  @Test
  void record_poolExchange_threeColumnsAreBusyTime() {
    // 16,000 tokens: 12,000 read; naive would have read 4,000, one pooled cache 14,000.
    ledger.record(
        account(
            Mode.ACTIVE,
            Annotation.NOT_OURS,
            new Tokens(12_000, 0, 0, 4_000, 100),
            new Shadow(16_000, 4_000, 0, 14_000),
            GPU));

    LedgerRow row = only();
    assertThat(row.tokens()).isEqualTo(new Tokens(12_000, 0, 0, 4_000, 100));
    assertThat(row.actualNanoUsd()).isEqualTo(500_000); // 0.5 s at 3.6 $/h
    assertThat(row.naiveNanoUsd()).isEqualTo(1_500_000);
    assertThat(row.possibleNanoUsd()).isEqualTo(250_000);
    assertThat(row.naiveReadTokens()).isEqualTo(4_000);
    assertThat(row.possibleReadTokens()).isEqualTo(14_000);
  }

  @Test
  void record_providerExchangeThatWeMarked_naiveIsUnmarkedInput() {
    ledger.record(
        account(
            Mode.ACTIVE,
            Annotation.OURS,
            new Tokens(50_000, 5_000, 0, 2_200, 0),
            new Shadow(57_200, 0, 0, 50_000),
            PRICES));

    assertThat(only().actualNanoUsd()).isEqualTo(21_900_000);
    assertThat(only().naiveNanoUsd()).isEqualTo(114_400_000);
    assertThat(only().possibleNanoUsd()).isEqualTo(5_000_000 + 14_400_000);
  }

  @Test
  void record_providerExchangeWithClientMarkersToo_naiveKeepsThem() {
    ledger.record(
        account(
            Mode.ACTIVE,
            Annotation.OURS,
            new Tokens(9_000, 0, 0, 1_000, 0),
            new Shadow(10_000, 4_000, 1_000, 9_000),
            PRICES));

    assertThat(only().naiveNanoUsd()).isEqualTo(4_000 * 100 + 1_000 * 2_500 + 5_000 * 2_000);
    assertThat(only().naiveReadTokens()).isEqualTo(4_000);
  }

  @Test
  void record_estimatedTokensDiffer_shadowsAreScaledToWhatWasTold() {
    ledger.record(
        account(
            Mode.ACTIVE,
            Annotation.OURS,
            new Tokens(0, 0, 0, 500, 0),
            new Shadow(1_000, 400, 0, 800),
            PRICES));

    assertThat(only().naiveReadTokens()).isEqualTo(200);
    assertThat(only().possibleReadTokens()).isEqualTo(400);
  }

  @Test
  void record_decidedOnlyOrNotMarkedByUs_naiveIsWhatHappened() {
    Shadow shadow = new Shadow(10_000, 1_000, 0, 9_000);
    Tokens tokens = new Tokens(6_000, 0, 0, 4_000, 0);
    ledger.record(account(Mode.FORECAST, Annotation.NOT_OURS, tokens, shadow, GPU));
    assertThat(only().naiveNanoUsd()).isEqualTo(only().actualNanoUsd());

    ledger.record(account(Mode.ACTIVE, Annotation.NOT_OURS, tokens, shadow, PRICES));
    assertThat(only().naiveNanoUsd()).isEqualTo(only().actualNanoUsd());
    assertThat(only().naiveReadTokens()).isEqualTo(12_000);
    assertThat(only().activeRequests()).isEqualTo(1);
    assertThat(only().forecastRequests()).isEqualTo(1);
    assertThat(only().requests()).isEqualTo(2);
  }

  @Test
  void record_decidedOnly_plannedIsWhatWeWouldHaveCost() {
    ledger.record(
        account(
            Mode.FORECAST,
            Annotation.NOT_OURS,
            new Tokens(4_000, 0, 0, 12_000, 0),
            new Shadow(16_000, 2_000, 0, 12_000, 0, 14_000),
            GPU));

    assertThat(only().actualNanoUsd()).isEqualTo(1_500_000);
    assertThat(only().naiveNanoUsd()).isEqualTo(1_500_000);
    assertThat(only().plannedNanoUsd()).isEqualTo(500_000);
    assertThat(only().plannedReadTokens()).isEqualTo(12_000);
  }

  @Test
  void record_usageUnknown_isCountedAndNowherePriced() {
    ledger.record(
        account(
            Mode.ACTIVE,
            Annotation.OURS,
            new Tokens(-1, -1, -1, -1, 70),
            new Shadow(10_000, 1_000, 0, 9_000),
            PRICES));

    LedgerRow row = only();
    assertThat(row.requests()).isEqualTo(1);
    assertThat(row.unknownUsageRequests()).isEqualTo(1);
    assertThat(row.tokens()).isEqualTo(new Tokens(0, 0, 0, 0, 70));
    assertThat(row.actualNanoUsd()).isZero();
    assertThat(row.naiveNanoUsd()).isZero();
    assertThat(row.possibleNanoUsd()).isZero();
    assertThat(row.possibleReadTokens()).isZero();
  }

  @Test
  void record_moreTenantsThanTold_theRestIsOther() {
    for (int i = 0; i < 10; i++) {
      ledger.record(of("chat", "tenant-" + i, "m"));
    }
    assertThat(ledger.totals())
        .extracting(LedgerRow::tenant)
        .containsExactly("tenant-0", "tenant-1", "tenant-2", Ledger.OTHER);
    assertThat(ledger.totals().getLast().requests()).isEqualTo(7);
    assertThat(ledger.others()).isEqualTo(7);
  }

  @Test
  void record_moreModelsThanTold_theRestIsOther() {
    for (int i = 0; i < 10; i++) {
      ledger.record(of("chat", "t", "model-" + i));
    }
    assertThat(ledger.totals()).hasSize(4);
    assertThat(ledger.totals().getLast().model()).isEqualTo(Ledger.OTHER);
  }

  @Test
  void record_moreRowsThanTold_keepsRouteAndNothingElse() {
    Ledger wide = new Ledger(1_000);
    for (int i = 0; i < Ledger.MAX_ROWS + 500; i++) {
      wide.record(of("chat", "t" + i % 150, "m" + i / 150));
    }
    assertThat(wide.totals()).hasSize(Ledger.MAX_ROWS + 1);
    LedgerRow last = wide.totals().getLast();
    assertThat(List.of(last.route(), last.tenant(), last.model()))
        .containsExactly("chat", Ledger.OTHER, Ledger.OTHER);
    assertThat(last.requests()).isEqualTo(500);
  }

  @Test
  void drainDelta_inTurn_addsUpToTheTotals() {
    assertThat(ledger.drainDelta()).isNull();
    List<LedgerDelta> deltas = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ledger.record(of("chat", "a", "m"));
      ledger.record(of("chat", "b", "m"));
      deltas.add(requireNonNull(ledger.drainDelta()));
    }
    assertThat(deltas).extracting(LedgerDelta::sequence).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(deltas).allSatisfy(d -> assertThat(d.rows()).hasSize(2));
    assertThat(deltas.stream().flatMap(d -> d.rows().stream()).mapToLong(LedgerRow::requests).sum())
        .isEqualTo(10);
    assertThat(ledger.drainDelta()).isNull();
  }

  @Test
  void pendingAfter_reconnection_isWhatWasNotStored() {
    for (int i = 0; i < 5; i++) {
      ledger.record(of("chat", "a", "m"));
      ledger.drainDelta();
    }
    ledger.acknowledge(2);
    assertThat(ledger.pendingAfter(0))
        .extracting(LedgerDelta::sequence)
        .containsExactly(3L, 4L, 5L);
    // The acknowledgement of 3 was lost; the other side knows.
    assertThat(ledger.pendingAfter(3)).extracting(LedgerDelta::sequence).containsExactly(4L, 5L);
    ledger.acknowledge(5);
    assertThat(ledger.pendingAfter(0)).isEmpty();
  }

  @Test
  void drainDelta_tooManyWait_growsOneInsteadOfMoreAndLosesNothing() {
    for (int i = 0; i < Ledger.MAX_UNACKNOWLEDGED + 10; i++) {
      ledger.record(of("chat", "a", "m"));
      ledger.drainDelta();
    }
    assertThat(ledger.pendingAfter(0)).hasSize(Ledger.MAX_UNACKNOWLEDGED);
    assertThat(ledger.heldBack()).isEqualTo(10);

    ledger.acknowledge(1);
    LedgerDelta grown = requireNonNull(ledger.drainDelta());
    assertThat(grown.sequence()).isEqualTo(Ledger.MAX_UNACKNOWLEDGED + 1L);
    assertThat(grown.rows().getFirst().requests()).isEqualTo(10);
  }

  @Test
  void drainDelta_tooManyRowsWait_holdsTheNextBack() {
    Ledger wide = new Ledger(Ledger.MAX_ROWS);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < Ledger.MAX_ROWS / 2; i++) {
        wide.record(of("chat", "t" + i, "m"));
      }
      wide.drainDelta();
    }
    assertThat(wide.pendingAfter(0)).hasSize(2);
    assertThat(wide.heldBack()).isEqualTo(1);
  }
}
