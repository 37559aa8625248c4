# PostgreSQL with the extension, from the sources beside this file:
#
#   docker build -t holomamba .
#   docker run -e POSTGRES_PASSWORD=… holomamba
#   psql … -c 'CREATE EXTENSION holomamba'
#
# PG_MAJOR is a version that the official image has for this release of Debian.
ARG PG_MAJOR=15
ARG DEBIAN=bookworm

FROM postgres:${PG_MAJOR}-${DEBIAN} AS build
ARG PG_MAJOR
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ libeigen3-dev make pkg-config "postgresql-server-dev-${PG_MAJOR}" \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . /source
# Without FFTW nothing of the image but what Debian and PostgreSQL put there is under the GPL, and nothing is to be installed below.
RUN make -j"$(nproc)" -f /source/Makefile FFTW=no PG_CONFIG="/usr/lib/postgresql/${PG_MAJOR}/bin/pg_config" \
    && make -f /source/Makefile FFTW=no PG_CONFIG="/usr/lib/postgresql/${PG_MAJOR}/bin/pg_config" install DESTDIR=/installed \
    && strip --strip-unneeded "/installed/usr/lib/postgresql/${PG_MAJOR}/lib/holomamba.so"

FROM postgres:${PG_MAJOR}-${DEBIAN}
ARG PG_MAJOR
COPY --from=build /installed/usr/lib/postgresql/${PG_MAJOR}/lib/ /usr/lib/postgresql/${PG_MAJOR}/lib/
COPY --from=build /installed/usr/share/postgresql/${PG_MAJOR}/extension/ /usr/share/postgresql/${PG_MAJOR}/extension/
