# The cluster and its pool of nodes.

resource "civo_kubernetes_cluster" "this" {
  name               = var.cluster
  network_id         = civo_network.this.id
  firewall_id        = civo_firewall.this.id
  cluster_type       = "k3s"
  kubernetes_version = var.kubernetes_version

  # Civo's own ingress would stand beside the one of the catalog.
  applications = "-Traefik-v2-nodeport"

  # The state then holds the credentials of the cluster: keep its object store private.
  write_kubeconfig = true

  pools {
    label      = "default"
    size       = var.node_type
    node_count = var.node_count
  }
}
