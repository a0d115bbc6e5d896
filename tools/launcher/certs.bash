# Certificates for the lab's broker and its users. They are good for this lab only.

# An authority of the lab's own, a certificate for the broker, and one for each user. The old ones are replaced once all
# the new ones are there.
certs() {
  local user tls=$PWD/mosquitto/tls
  command -v openssl >/dev/null || die "openssl is missing: ./lab setup installs it"
  mkdir "$work/tls"
  cd "$work/tls"
  openssl_quietly req -x509 -newkey rsa:2048 -nodes -days 825 -keyout ca.key -out ca.crt \
    -subj "/CN=MQTT Playground lab CA"
  certificate server "DNS:localhost,IP:127.0.0.1,IP:::1" serverAuth
  for user in alice bob admin; do certificate "$user" "" clientAuth; done
  listeners >listeners.conf
  # The broker reads these after it has become another user, if root starts it.
  chmod 644 ./*.crt ./*.key
  rm -f "$tls"/*.crt "$tls"/*.key "$tls"/*.srl "$tls"/*.conf
  mv ./*.crt ./*.key ./*.conf "$tls"

  say "The certificates are in mosquitto/tls. Start ./lab broker again, then for instance:"
  cat <<'END'

  auth_producer --url mqtts://localhost --cafile mosquitto/tls/ca.crt --username alice --password alice-secret
END
}

# certificate NAME SUBJECT-ALTERNATIVE-NAMES USAGE: a key and a certificate signed by the lab's authority.
certificate() {
  openssl_quietly req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
  printf 'extendedKeyUsage=%s\n%s' "$3" "${2:+subjectAltName=$2}" >"$1.ext"
  openssl_quietly x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 825 -extfile "$1.ext" \
    -out "$1.crt"
}

openssl_quietly() { quietly openssl "$@" || die "no certificates were made: the old ones are untouched"; }

listeners() {
  cat <<'END'
# Encrypted, with the passwords and the access control list of port 1884.
listener 8883 127.0.0.1
cafile tls/ca.crt
certfile tls/server.crt
keyfile tls/server.key
allow_anonymous false
password_file passwd
acl_file acl

# Encrypted, and each client shows a certificate instead of a password: its common name is the user name.
listener 8884 127.0.0.1
cafile tls/ca.crt
certfile tls/server.crt
keyfile tls/server.key
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file acl
END
}
