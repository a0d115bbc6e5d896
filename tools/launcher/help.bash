# What ./lab help says.

usage() {
  cat <<'END'
Usage: ./lab COMMAND

  demo    install what is missing, build, and watch exercise 5 for some seconds
  up      open a broker and two terminals side by side in one window, by tmux
  watch   the picture of the demo for any device of your broker, live:
          ./lab watch device001
  setup   install what the lab needs: a C compiler, CMake, libraries, a broker
  build   build the programs, into build/dev/bin
  broker  run the lab's broker in this terminal until Ctrl-C, on the ports 1883
          and 1884. Where these are taken, ./lab broker --port 2883 takes 2883
          and 2884; type export MQTT_PORT=2883 in the other terminals
  certs   make the lab's certificates; from then on the broker listens on 8883
          and 8884 too, with TLS
  check   check what you have built in an exercise: ./lab check 1, up to 7;
          without a number, how far you are in all of them (in part two once
          you have begun it).
          --hint 2 and --hint 3 tell more, --watch looks again at every save,
          --json is for other programs
  test    install what the tests need too, and run them: about a quarter of an
          hour. ./lab test quick is for every change and takes less than a
          minute; ./lab test all is for the night, with broken versions of the
          session that the tests have to notice, and more of all that is
          invented at random
  bench   measure the programs beside bare Paho loops, Mosquitto's clients and
          Python's Paho, and MQTT 3.1.1 beside 5: about twelve minutes
  readme  run the commands of all pages and compare what they show; with
          --update, show what came
  fuzz    feed the parsers with what a fuzzer comes up with: ./lab fuzz SECONDS,
          for each of eight harnesses
  clean   remove everything that was built

Each command can be repeated at any time. Start with ./lab demo, then follow
README.md. ./lab alone says where you are.
END
}
