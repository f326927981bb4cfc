package dev.warmpath.e2e;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the fault tests again and again, for {@code bin/faults-loop}: what fails once in twenty runs
 * is found by twenty runs. Ends with status 1 when any run failed.
 */
final class FaultsLoop {
  private static final List<String> DEFAULT_CLASSES = List.of("dev.warmpath.e2e.FaultsIT");

  /** Of a failure, before the summary has it whole. */
  private static final int MAX_CHARS = 1_000;

  private FaultsLoop() {}

  /** Says how each test went, as soon as it is known. */
  private static final class Progress implements TestExecutionListener {
    private long startNanos;

    @Override
    public void executionStarted(TestIdentifier test) {
      startNanos = System.nanoTime();
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (test.isTest() || result.getThrowable().isPresent()) {
        System.out.printf(
            "  %-10s %5d ms  %s%n",
            result.getStatus(),
            Duration.ofNanos(System.nanoTime() - startNanos).toMillis(),
            test.getDisplayName());
        result.getThrowable().ifPresent(failure -> System.out.println(firstLines(failure)));
      }
    }
  }

  /** Of a class, or of one test as {@code class#method}. */
  private static DiscoverySelector selector(String name) {
    return name.contains("#") ? selectMethod(name) : selectClass(name);
  }

  private static String firstLines(Throwable failure) {
    String text = failure.toString();
    return text.substring(0, Math.min(text.length(), MAX_CHARS));
  }

  /**
   * Runs them.
   *
   * @param args how often, then classes or {@code class#method} other than the default ones
   */
  public static void main(String[] args) {
    int runs = Integer.parseInt(args[0]);
    List<String> classes =
        args.length > 1 ? Arrays.asList(args).subList(1, args.length) : DEFAULT_CLASSES;
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(classes.stream().map(FaultsLoop::selector).toList())
            .build();
    var failures = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    int failedRuns = 0;
    for (int run = 1; run <= runs; run++) {
      var listener = new SummaryGeneratingListener();
      LauncherFactory.create().execute(request, listener, new Progress());
      TestExecutionSummary summary = listener.getSummary();
      // A class that could not start has no failed test, but a failed container.
      boolean failed =
          summary.getTotalFailureCount() > 0
              || summary.getTestsSucceededCount() < summary.getTestsFoundCount()
              || summary.getTestsFoundCount() == 0;
      failedRuns += failed ? 1 : 0;
      System.out.printf(
          "run %d of %d: %d tests, %d failed, %d s; runs failed so far: %d%n",
          run,
          runs,
          summary.getTestsFoundCount(),
          summary.getTestsFoundCount() - summary.getTestsSucceededCount(),
          Duration.ofMillis(summary.getTimeFinished() - summary.getTimeStarted()).toSeconds(),
          failedRuns);
      if (failed) {
        summary.printFailuresTo(failures);
      }
    }
    System.out.printf("runs: %d, failed: %d%n", runs, failedRuns);
    System.exit(failedRuns == 0 ? 0 : 1);
  }
}
