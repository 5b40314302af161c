from integration.cli import main

main(prog_name="makeright")
