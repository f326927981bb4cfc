package dev.warmpath.extproc.fleet;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.fleet.FakeControlPlane.Connection;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.ControlMessage.MessageCase;
import dev.warmpath.fleet.v1.Hello;
import dev.warmpath.fleet.v1.LedgerDelta;
import dev.warmpath.fleet.v1.LedgerRow;
import dev.warmpath.fleet.v1.ReplicaMessage;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real gRPC on loopback, but the client's thread and its pauses are the test's. */
class FleetClientTest {
  private static final Hello HELLO =
      Hello.newBuilder().setReplica("replica-1").setIncarnation(7).setVersion("1.2.3").build();

  private final ManualScheduler thread = new ManualScheduler();
  private final RecordingPort port = new RecordingPort();
  private final List<Boolean> connected = new ArrayList<>();
  private FakeControlPlane controlPlane;
  private FleetClient client;

  /** Sends one message a period, which tells the period. */
  private static final class RecordingPort implements FleetClient.Port {
    private final List<Long> collected = new ArrayList<>();
    private final List<MessageCase> received = new ArrayList<>();
    private boolean failing;
    private String padding = "";

    @Override
    public void collect(long ticks, List<ReplicaMessage> messages) {
      failIfTold();
      collected.add(ticks);
      messages.add(
          ReplicaMessage.newBuilder()
              .setLedgerDelta(
                  LedgerDelta.newBuilder()
                      .setSequence(ticks)
                      .addRows(LedgerRow.newBuilder().setRoute(padding)))
              .build());
    }

    @Override
    public void receive(ControlMessage message) {
      failIfTold();
      received.add(message.getMessageCase());
    }

    private void failIfTold() {
      if (failing) {
        failing = false;
        throw new IllegalStateException("as told");
      }
    }
  }

  @BeforeEach
  void start() throws Exception {
    controlPlane = FakeControlPlane.start();
    client = client();
  }

  @AfterEach
  void stop() {
    controlPlane.close();
  }

  private FleetClient client() throws InterruptedException {
    var started =
        new FleetClient(
            Grpc.newChannelBuilder(controlPlane.address(), InsecureChannelCredentials.create())
                .directExecutor()
                .build(),
            HELLO,
            port,
            connected::add,
            thread);
    started.start();
    thread.runNext();
    return started;
  }

  /** The stream that was opened last, answered. */
  private Connection established() throws InterruptedException {
    Connection connection = controlPlane.next();
    assertThat(connection.next().getHello()).isEqualTo(HELLO);
    connection.welcome(0);
    thread.runNext();
    return connection;
  }

  @Test
  void stream_opened_saysHelloAndNothingMoreBeforeTheWelcome() throws Exception {
    Connection connection = controlPlane.next();
    assertThat(connection.next().getHello()).isEqualTo(HELLO);
    thread.tick();
    assertThat(port.collected).isEmpty();
    assertThat(connected).isEmpty();

    connection.welcome(0);
    thread.runNext();
    thread.tick();
    thread.tick();

    assertThat(connected).containsExactly(true);
    assertThat(port.received).containsExactly(MessageCase.WELCOME);
    assertThat(connection.next().getLedgerDelta().getSequence()).isEqualTo(0);
    assertThat(connection.next().getLedgerDelta().getSequence()).isEqualTo(1);
  }

  @Test
  void stream_refusedAgainAndAgain_pausesDoubleWithJitterUpToTheLongest() throws Exception {
    for (int longest : new int[] {100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000}) {
      controlPlane.next().fail();
      thread.runNext();
      assertThat(thread.passDelay()).isBetween(longest / 2L, (long) longest);
    }
    assertThat(controlPlane.next()).isNotNull();
    assertThat(connected).isEmpty();
  }

  @Test
  void stream_lost_isOpenedAgainAndBeginsAnew() throws Exception {
    for (int i = 0; i < 4; i++) {
      controlPlane.next().fail();
      thread.runNext();
      thread.passDelay();
    }
    Connection first = established();
    thread.tick();
    thread.tick();

    first.fail();
    thread.runNext();
    assertThat(connected).containsExactly(true, false);
    thread.tick();
    assertThat(thread.passDelay()).as("the first pause again").isBetween(50L, 100L);
    Connection second = established();
    thread.tick();

    assertThat(connected).containsExactly(true, false, true);
    assertThat(port.collected).containsExactly(0L, 1L, 0L);
    assertThat(second.next().getLedgerDelta().getSequence()).isEqualTo(0);
  }

  @Test
  void message_thatIsNotUnderstood_costsOnlyItself() throws Exception {
    Connection connection = established();
    port.failing = true;
    connection.acknowledge(1);
    thread.runNext();
    connection.acknowledge(2);
    thread.runNext();

    assertThat(port.received).containsExactly(MessageCase.WELCOME, MessageCase.LEDGER_ACK);
    thread.tick();
    assertThat(connection.next().hasLedgerDelta()).isTrue();
  }

  @Test
  void period_thatCanNotBeCollected_costsOnlyItself() throws Exception {
    Connection connection = established();
    port.failing = true;
    thread.tick();
    thread.tick();

    assertThat(connection.next().getLedgerDelta().getSequence()).isEqualTo(1);
    assertThat(connected).containsExactly(true);
  }

  @Test
  void stream_thatTakesNoMore_nothingIsCollectedUntilItDoes() throws Exception {
    Connection connection = established();
    connection.pauseReading();
    port.padding = "x".repeat(256 * 1024);
    for (int i = 0; i < 100; i++) {
      thread.tick();
    }
    int taken = port.collected.size();
    assertThat(taken).as("periods that were buffered").isBetween(1, 20);

    connection.resumeReading();
    for (int i = 0; i < taken; i++) {
      var _ = connection.next();
    }
    // That there is room again, gRPC notices on a thread of its own.
    long deadlineNanos = System.nanoTime() + SECONDS.toNanos(5);
    while (port.collected.size() == taken) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadlineNanos);
      thread.tick();
    }
    assertThat(connection.next().getLedgerDelta().getSequence()).isEqualTo(taken);
  }

  @Test
  void close_whatTheLastPeriodHad_comesWholeAndTheStreamEnds() throws Exception {
    Connection connection = established();
    thread.tick();
    thread.tick();

    CompletableFuture<Void> closed =
        CompletableFuture.runAsync(client::close, Thread::startVirtualThread);
    thread.runNext();
    closed.get(5, SECONDS);
    thread.runNext();

    assertThat(port.collected).as("the last counts as a first").containsExactly(0L, 1L, 0L);
    for (int i = 0; i < 3; i++) {
      assertThat(connection.next().hasLedgerDelta()).isTrue();
    }
    assertThat(thread.waitsForNothing()).as("it does not connect again").isTrue();
  }
}
