package dev.warmpath.config;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code warmpath validate FILE…}: prints every fault of each file to standard error and exits with
 * 1, or says that the file is valid, after its warnings.
 */
@Command(
    name = "warmpath validate",
    sortOptions = false,
    description = "Names every fault of a configuration file.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:valid, with or without warnings", "1:at least one fault", "2:wrong usage"})
public final class Validate implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "The file to validate.")
  private List<Path> files = List.of();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Prints this.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean isHelpWanted;

  @Spec private CommandSpec spec;

  private Validate() {
    spec = CommandSpec.create();
  }

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** For tests: writes where the caller sets it. */
  static CommandLine commandLine() {
    return new CommandLine(new Validate());
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    int exitCode = 0;
    for (Path file : files) {
      try {
        ConfigFile.Contents contents = ConfigFile.readContents(file);
        contents.warnings().forEach(err::println);
        out.printf("%s: valid%n", file);
      } catch (ConfigException e) {
        e.faults().forEach(err::println);
        exitCode = 1;
      }
    }
    out.flush();
    err.flush();
    return exitCode;
  }
}
