# Installs every room, the generator and the exported package.
