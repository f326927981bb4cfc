package dev.warmpath.e2e.envoy;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Sends signals to a process that this JVM has started. Stateless. */
public final class Signals {
  private static final long DEATH_TIMEOUT_SECONDS = 10;

  private Signals() {}

  /** SIGKILL; returns when the process is gone. */
  public static void kill(ProcessHandle process) {
    process.destroyForcibly();
    try {
      process.onExit().get(DEATH_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "interrupted while process %d dies".formatted(process.pid()), e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "process %d survived SIGKILL (expected: gone within %d s)"
              .formatted(process.pid(), DEATH_TIMEOUT_SECONDS),
          e);
    }
  }

  /** SIGSTOP: the process keeps its sockets and does nothing until {@link #resume}. */
  public static void pause(ProcessHandle process) {
    send("STOP", process);
  }

  /** SIGCONT. */
  public static void resume(ProcessHandle process) {
    send("CONT", process);
  }

  private static void send(String signal, ProcessHandle process) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      int status = kill.waitFor();
      if (status != 0) {
        throw new IllegalStateException(
            "kill -%s %d exited with %d (expected: a running process)"
                .formatted(signal, process.pid(), status));
      }
    } catch (IOException e) {
      throw new IllegalStateException("kill -%s can't be run".formatted(signal), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while sending SIG" + signal, e);
    }
  }
}
