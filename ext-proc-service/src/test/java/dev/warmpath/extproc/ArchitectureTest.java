package dev.warmpath.extproc;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.MethodCallTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.time.Clock;

/**
 * The directions of the house, for the data path service. A package that does not exist yet
 * satisfies its rule.
 *
 * <p>Maven already keeps the modules apart; what it can't see is kept here: that pure packages stay
 * pure, and that the packages of one module don't grow into a knot.
 */
@AnalyzeClasses(packages = "dev.warmpath", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  /** Functions of their arguments: time comes in as a number, bytes as an array. */
  private static final String[] PURE = {
    "dev.warmpath.extproc.prompt..",
    "dev.warmpath.extproc.prefix..",
    "dev.warmpath.extproc.pick..",
    "dev.warmpath.extproc.annotate..",
    "dev.warmpath.extproc.provider..",
    "dev.warmpath.extproc.repair..",
    "dev.warmpath.extproc.usage..",
    "dev.warmpath.extproc.volatility..",
    "dev.warmpath.extproc.ledger..",
  };

  @ArchTest
  static void extProc_anyClass_knowsNothingOfTheOtherService(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAPackage("dev.warmpath.extproc..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.warmpath.controlplane..")
        .allowEmptyShould(true)
        .check(classes);
  }

  @ArchTest
  static void contracts_anyClass_knowNothingOfTheServices(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAnyPackage("dev.warmpath.config..", "dev.warmpath.fleet..", "io.envoyproxy..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.warmpath..")
                .and(not(resideInAnyPackage("dev.warmpath.config..", "dev.warmpath.fleet.."))))
        .allowEmptyShould(true)
        .check(classes);
  }

  @ArchTest
  static void purePackages_anyClass_knowNoGrpcAndNoMetrics(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.grpc..", "io.micrometer..", "io.netty..", "io.prometheus..", "org.slf4j..")
        .allowEmptyShould(true)
        .check(classes);
  }

  @ArchTest
  static void purePackages_anyClass_readNoClock(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .callMethodWhere(READS_A_CLOCK)
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(Clock.class)
        .allowEmptyShould(true)
        .check(classes);
  }

  @ArchTest
  static void purePackages_anyClass_doNoInputOrOutput(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat(DOES_INPUT_OR_OUTPUT)
        .allowEmptyShould(true)
        .check(classes);
  }

  @ArchTest
  static void purePackages_anyClass_knowOnlyPurePackagesOfThisModule(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.warmpath.extproc..").and(not(resideInAnyPackage(PURE))))
        .allowEmptyShould(true)
        .check(classes);
  }

  @ArchTest
  static void packages_ofThisModule_haveNoCycles(JavaClasses classes) {
    slices()
        .matching("dev.warmpath.extproc.(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(classes);
  }

  @ArchTest
  static void names_ofThisModule_sayWhatAThingIs(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAPackage("dev.warmpath.extproc..")
        .should()
        .haveNameMatching(".*\\.(util|utils|common|impl|manager|helper|helpers)\\..*")
        .orShould()
        .haveNameMatching(".*(Utils?|Common|Impl|Manager|Helpers?)")
        .allowEmptyShould(true)
        .check(classes);
  }

  private static final DescribedPredicate<JavaMethodCall> READS_A_CLOCK =
      DescribedPredicate.describe(
          "reads a clock",
          call -> {
            MethodCallTarget target = call.getTarget();
            String owner = target.getOwner().getName();
            String name = target.getName();
            return switch (owner) {
              case "java.lang.System" ->
                  name.equals("nanoTime") || name.equals("currentTimeMillis");
              case "java.lang.Thread" -> name.equals("sleep");
              default -> owner.startsWith("java.time.") && name.equals("now");
            };
          });

  /** Streams over memory and the exceptions that their signatures force on a caller do none. */
  private static final DescribedPredicate<JavaClass> DOES_INPUT_OR_OUTPUT =
      resideInAnyPackage("java.io..", "java.nio.file..", "java.nio.channels..", "java.net..")
          .and(
              not(
                  belongToAnyOf(
                      Serializable.class,
                      ByteArrayInputStream.class,
                      ByteArrayOutputStream.class,
                      IOException.class,
                      UncheckedIOException.class)))
          .or(nameMatching("java\\.lang\\.(Process|ProcessBuilder|Runtime)"))
          .as("do input or output");
}
