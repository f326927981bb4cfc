package dev.warmpath.e2e.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class JavaProcessIT {
  /** What is run. */
  static final class Greeter {
    private Greeter() {}

    public static void main(String[] args) throws IOException {
      System.out.println("hello " + args[0]);
      if (args[0].equals("die")) {
        System.exit(3);
      }
      var _ = System.in.read(); // End of input at once.
      synchronized (Greeter.class) {
        while (true) {
          try {
            Greeter.class.wait();
          } catch (InterruptedException _) {
            return;
          }
        }
      }
    }
  }

  @Test
  void awaitLine_itIsWritten_returns() {
    try (var process = start("there")) {
      process.awaitLine("greeting", "hello there"::equals, Duration.ofSeconds(20));
      process.kill();
      assertThat(process.isAlive()).isFalse();
      assertThat(process.log()).contains("hello there");
    }
  }

  @Test
  void awaitLine_processDies_throwsAtOnceWithItsLog() {
    try (var process = start("die")) {
      assertThatThrownBy(() -> process.awaitLine("never", "never"::equals, Duration.ofSeconds(60)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("exited with 3")
          .hasMessageContaining("hello die");
    }
  }

  private static JavaProcess start(String argument) {
    return JavaProcess.start(Greeter.class.getName(), List.of("-Xmx64m"), List.of(argument));
  }
}
