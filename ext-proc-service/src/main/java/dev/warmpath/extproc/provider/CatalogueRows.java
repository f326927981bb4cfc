package dev.warmpath.extproc.provider;

import java.util.List;

/**
 * What a {@link Catalogue} holds. Immutable.
 *
 * @param apis of providers, whatever the model
 * @param models in the order in which they are asked: the first that matches speaks
 */
public record CatalogueRows(List<ProviderApi> apis, List<ModelEntry> models) {
  public CatalogueRows {
    apis = List.copyOf(apis);
    models = List.copyOf(models);
  }
}
