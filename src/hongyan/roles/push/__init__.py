"""The push_server role: wakes phones through APNs, FCM or a webhook."""
