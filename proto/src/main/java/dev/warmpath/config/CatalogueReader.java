package dev.warmpath.config;

import dev.warmpath.config.v1.ModelCatalogue;
import dev.warmpath.config.v1.ProviderApi;
import java.nio.file.Path;
import java.util.List;

/**
 * The reader of catalogues of models: YAML whose keys are the fields of {@code
 * warmpath.config.v1.ModelCatalogue}, read and refused as {@link ConfigFile} does it: with every
 * fault at once. Stateless and thread-safe; as many bytes are read as of a configuration.
 */
public final class CatalogueReader {

  private CatalogueReader() {}

  /**
   * Reads a file.
   *
   * @param known APIs that its models may name beside those of the file itself
   * @throws ConfigException with every fault, also when the file can't be read
   */
  public static ModelCatalogue read(Path file, List<ProviderApi> known) throws ConfigException {
    FaultLog log = new FaultLog(file.toString());
    String text = ConfigFile.text(file, log);
    log.throwIfAny();
    return checked(text, file.toString(), log, known);
  }

  /**
   * Reads YAML from memory.
   *
   * @param fileName as faults name it
   * @param known as above
   */
  public static ModelCatalogue parse(String yaml, String fileName, List<ProviderApi> known)
      throws ConfigException {
    return checked(yaml, fileName, new FaultLog(fileName), known);
  }

  /**
   * Checks that models of a configuration name APIs that are known: what its reader can't know.
   *
   * @param origin as faults name it, in the place of a file
   */
  public static void checkApis(ModelCatalogue configured, String origin, List<ProviderApi> known)
      throws ConfigException {
    FaultLog log = new FaultLog(origin);
    new CatalogueRules(log).apisOfModels(configured, known);
    log.throwIfAny();
  }

  private static ModelCatalogue checked(
      String text, String fileName, FaultLog log, List<ProviderApi> known) throws ConfigException {
    ModelCatalogue.Builder builder = ModelCatalogue.newBuilder();
    ConfigFile.readInto(builder, text, fileName, log);
    ModelCatalogue catalogue = builder.build();
    Constraints.check(catalogue, log);
    CatalogueRules rules = new CatalogueRules(log);
    rules.apis(catalogue.getProviderApisList());
    rules.models(catalogue.getModelsList());
    rules.origins(catalogue);
    rules.apisOfModels(catalogue, known);
    log.throwIfAny();
    return catalogue;
  }
}
