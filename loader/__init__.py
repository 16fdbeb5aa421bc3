"""The thin Python of the Patient Warehouse: land files, count rows, refuse what breaks a contract, publish."""
