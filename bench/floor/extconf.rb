# frozen_string_literal: true

require "mkmf"

append_cflags(%w[-O3 -Wall])
create_makefile("floor")
