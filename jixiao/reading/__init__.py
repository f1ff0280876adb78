"""From any file to tidy frames (读入): files -> values -> forms -> tidy frames."""
