# A regional GKE cluster and its node pool.

resource "google_container_cluster" "this" {
  name     = var.cluster
  location = var.region

  network    = google_compute_network.this.id
  subnetwork = google_compute_subnetwork.this.id

  min_master_version  = var.kubernetes_version
  deletion_protection = var.deletion_protection

  # The node pool is a resource of its own, below.
  remove_default_node_pool = true
  initial_node_count       = 1

  networking_mode   = "VPC_NATIVE"
  datapath_provider = "ADVANCED_DATAPATH"

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  release_channel {
    channel = var.release_channel
  }

  workload_identity_config {
    workload_pool = "${data.google_project.current.project_id}.svc.id.goog"
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = false
  }

  dynamic "master_authorized_networks_config" {
    for_each = length(var.api_allowed_cidrs) > 0 ? [1] : []

    content {
      dynamic "cidr_blocks" {
        for_each = var.api_allowed_cidrs

        content {
          cidr_block = cidr_blocks.value
        }
      }
    }
  }

  # The short-lived default pool would otherwise run as the project's default service account.
  node_config {
    service_account = google_service_account.node.email
  }

  lifecycle {
    ignore_changes = [node_config]
  }

  depends_on = [google_project_iam_member.node]
}

resource "google_container_node_pool" "this" {
  name     = "default"
  cluster  = google_container_cluster.this.name
  location = var.region

  # Per zone; the autoscaler takes over from here.
  initial_node_count = 1

  autoscaling {
    total_min_node_count = var.node_count
    total_max_node_count = var.node_count_max
    location_policy      = "BALANCED"
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  node_config {
    machine_type    = var.node_type
    disk_size_gb    = var.node_disk_size
    service_account = google_service_account.node.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]

    workload_metadata_config {
      mode = "GKE_METADATA"
    }

    shielded_instance_config {
      enable_secure_boot = true
    }
  }

  lifecycle {
    ignore_changes = [initial_node_count]
  }
}
