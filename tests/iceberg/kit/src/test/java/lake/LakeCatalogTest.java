package lake;

import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.catalog.CatalogTests;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.rest.RESTCatalog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The tests that Iceberg has for every catalog, at the address in `-Dlake.uri`. */
public class LakeCatalogTest extends CatalogTests<RESTCatalog> {
  private RESTCatalog lake;

  @BeforeEach
  public void open() {
    lake = initCatalog("lake", Map.of());
    clear(Namespace.empty());
  }

  @AfterEach
  public void close() throws Exception {
    clear(Namespace.empty());
    lake.close();
  }

  @Override
  protected RESTCatalog catalog() {
    return lake;
  }

  @Override
  protected RESTCatalog initCatalog(String name, Map<String, String> more) {
    Map<String, String> properties = new HashMap<>();
    properties.put("uri", System.getProperty("lake.uri"));
    properties.put("token", System.getProperty("lake.token"));
    properties.put("io-impl", "org.apache.iceberg.hadoop.HadoopFileIO");
    properties.putAll(more);
    RESTCatalog catalog = new RESTCatalog();
    catalog.setConf(new Configuration());
    catalog.initialize(name, properties);
    return catalog;
  }

  @Override
  protected boolean requiresNamespaceCreate() {
    return true;
  }

  @Override
  protected boolean supportsNestedNamespaces() {
    return true;
  }

  private void clear(Namespace parent) {
    for (Namespace namespace : lake.listNamespaces(parent)) {
      clear(namespace);
      for (TableIdentifier table : lake.listTables(namespace)) {
        lake.dropTable(table, false);
      }
      lake.dropNamespace(namespace);
    }
  }
}
