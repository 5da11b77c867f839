#!/usr/bin/env bash
# A real WordPress (Debian: wordpress php-cli php-mysql php-gd mariadb-server), without the internet.
#   RUN_DIR=/folder wordpress.sh start   prints WORDPRESS=address WORDPRESS_PASSWORD='application password' of the user admin
#   RUN_DIR=/folder wordpress.sh stop
# shellcheck source=tests/peers/_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"

install() {
  local missing=()
  for program in php mariadbd mariadb-install-db mariadb; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  [ -d /usr/share/wordpress ] || missing+=(/usr/share/wordpress)
  [ ${#missing[@]} = 0 ] || { echo "install Debian's wordpress, php-cli, php-mysql, php-gd, mariadb-server: no ${missing[*]}" >&2; exit 1; }
}

database() {
  local socket="$RUN_DIR/db.sock"
  mariadb-install-db --no-defaults --datadir="$RUN_DIR/db" --auth-root-authentication-method=normal >"$RUN_DIR/db-install.log" 2>&1
  launch db mariadbd --no-defaults --user="$(id -un)" --datadir="$RUN_DIR/db" --socket="$socket" --skip-networking --innodb-buffer-pool-size=64M
  for _ in $(seq 100); do
    mariadb --no-defaults -uroot -S "$socket" -e "SELECT 1" >/dev/null 2>&1 && break
    sleep 0.3
  done
  mariadb --no-defaults -uroot -S "$socket" \
    -e "CREATE DATABASE wp; CREATE USER wp@localhost IDENTIFIED BY 'wp'; GRANT ALL ON wp.* TO wp@localhost"
}

configure() {
  local url=$1
  cp -rL /usr/share/wordpress "$RUN_DIR/site"
  mkdir -p "$RUN_DIR/site/wp-content/uploads"
  cat >"$RUN_DIR/site/wp-config.php" <<PHP
<?php
define('DB_NAME', 'wp'); define('DB_USER', 'wp'); define('DB_PASSWORD', 'wp'); define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', ''); define('DB_HOST', 'localhost:$RUN_DIR/db.sock'); \$table_prefix = 'wp_';
define('WP_HOME', '$url'); define('WP_SITEURL', '$url');
define('WP_ENVIRONMENT_TYPE', 'local');
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as \$k) { define(\$k . '_KEY', \$k); define(\$k . '_SALT', \$k); }
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
PHP
  # Application passwords work without https because of the type of environment. No mail leaves: there is no sendmail.
  cat >"$RUN_DIR/install.php" <<PHP
<?php
define('WP_INSTALLING', true);
\$_SERVER['HTTP_HOST'] = parse_url('$url', PHP_URL_HOST);
require '$RUN_DIR/site/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Peer', 'admin', 'admin@example.com', true, '', 'not-used-by-apps');
update_option('permalink_structure', '/%postname%/');
PHP
  cat >"$RUN_DIR/password.php" <<PHP
<?php
\$_SERVER['HTTP_HOST'] = parse_url('$url', PHP_URL_HOST);
require '$RUN_DIR/site/wp-load.php';
flush_rewrite_rules();
[\$password] = WP_Application_Passwords::create_new_application_password(1, ['name' => 'rostrum']);
echo WP_Application_Passwords::chunk_password(\$password);
PHP
  cat >"$RUN_DIR/router.php" <<'PHP'
<?php
if (is_file($_SERVER['DOCUMENT_ROOT'] . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH))) return false;
$_SERVER['SCRIPT_NAME'] = '/index.php';
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
PHP
}

start() {
  install
  mkdir -p "$RUN_DIR"
  local url
  url="http://127.0.0.1:${PORT:-$(free_port)}"
  database
  configure "$url"
  php "$RUN_DIR/install.php" >"$RUN_DIR/install.log" 2>&1
  launch site php -S "${url#http://}" -t "$RUN_DIR/site" "$RUN_DIR/router.php"
  wait_http site "$url/wp-json/" 60
  echo "WORDPRESS=$url WORDPRESS_PASSWORD='$(php "$RUN_DIR/password.php")'"
}

case "${1:-}" in
  install) install ;;
  start) : "${RUN_DIR:?}"; start ;;
  stop) : "${RUN_DIR:?}"; stop site; stop db ;;
  *) sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
