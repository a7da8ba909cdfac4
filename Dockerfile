FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN python manage.py collectstatic --noinput && rm -rf var && useradd --create-home paper && mkdir var && chown paper var
USER paper
